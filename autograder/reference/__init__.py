"""Every answer, once. The build copies them into the solved notebooks; nothing here reaches a student."""
