"""The judge: student code runs in a sandbox, the checks of it in a trusted process that calls across a border.

It knows no exercise, and would grade any nbgrader course whose test cells call functions that students define.
"""
