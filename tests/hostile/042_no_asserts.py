"""Cases 42, 43, 44: IPython is made to drop asserts, to run something else, to show no error.

expected: double=0 square=0 scale=0 twice=0 reason="double: AssertionError"
"""

# %% extra
import ast
import sys

shell = get_ipython()


class Dropped(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)


shell.ast_transformers.append(Dropped())
shell.input_transformers_post.append(lambda lines: ["pass\n"] if any("assert" in line for line in lines) else lines)
shell.showtraceback = shell._showtraceback = lambda *_, **__: None
shell.set_custom_exc((Exception,), lambda *_, **__: None)
sys.displayhook = sys.excepthook = lambda *_: None


# %% double
def double(x):
    return None


# %% square
def square(x):
    return None


run_cell = type(shell).run_cell
type(shell).run_cell = lambda self, source, *rest, **more: run_cell(self, "1.0", *rest, **more)
