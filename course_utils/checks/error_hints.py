"""Say what lies behind an error that NumPy or Python words for others than students."""

from __future__ import annotations

import re

HINTS: tuple[tuple[str, str], ...] = (
    (
        r"it returns an empty dict",
        "Nothing was put into it. Does the loop run at all? l goes from 1 to L, and range leaves out its end.",
    ),
    (
        r"it returns a list of 0,",
        "Nothing was put into it. Does the loop run at all, and is each part appended?",
    ),
    (
        r"it returns None",
        "The function comes to its end without a return. print shows a value, return hands it on.",
    ),
    (
        r"it returns .*, not the pair",
        "Two things are asked for: return first, second. Each way out of the function has to return both.",
    ),
    (
        r"it returns an array of .*, not one number",
        "One number is asked for: add the entries up, or take their mean.",
    ),
    (
        r"NameError",
        "A name is used that was never given a value: a line is missing, or the name is misspelt.",
    ),
    (
        r"AttributeError: .*EagerTensor",
        "A tensor stays what it is: tf.Variable(…) makes what training can change, and what a tape watches.",
    ),
    (
        r"TypeError: unsupported operand type\(s\) for .*'NoneType'",
        "One of the two is None: a function without a return, or the gradient of what no tape watches (tf.Variable).",
    ),
    (
        r"IndexError: tuple index out of range",
        "X.shape[i] counts axes from 0: a matrix has .shape[0], its rows, and .shape[1], its columns.",
    ),
    (
        r"TypeError: unsupported operand type\(s\) for .*'str'",
        'A text is combined with something else: texts are joined with +, numbers are written into them by f"W{l}".',
    ),
    (
        r"TypeError: can only concatenate str|TypeError: must be str, not int",
        'A number is joined to a text: write f"W{l}", or "W" + str(l).',
    ),
    (
        r"ValueError: matmul: Input operand . does not have enough dimensions",
        "One factor of a product of matrices is a single number: use * for numbers, @ for matrices.",
    ),
    (
        r"TypeError: '(int|float|numpy\.float64|NoneType|numpy\.int64|bool)' object is not (iterable|subscriptable)",
        "You index, or loop over, what is one number or None. range(n) counts up to a number.",
    ),
    (
        r"TypeError: cannot unpack non-iterable",
        "You take apart into several names what is one number.",
    ),
    (
        r"TypeError: '\w+' object does not support item assignment|TypeError: type '\w+' is not subscriptable",
        "You write into what is no array, list or dict: a call that makes one is missing around it.",
    ),
    (
        r"TypeError: '(list|tuple|dict|range)' object cannot be interpreted as an integer",
        "A whole number is asked for, such as the length of a list: len(…).",
    ),
    (
        r"TypeError: (unsupported operand type\(s\) for .*'generator'|.*generator)",
        "(… for … in …) is a generator: sum it up, or make a list of it with square brackets.",
    ),
    (
        r"TypeError: '\w+' object is not callable",
        "Something is called with (…) that is no function: a * is missing, or a name was given to something else.",
    ),
    (
        r"OverflowError: high - low range exceeds",
        "An end of the range is infinite: a logarithm of 0, or a division by 0.",
    ),
    (
        r"TypeError: (Cannot interpret '.*' as a data type|Field elements must be|data type .* not understood)",
        "A shape is one tuple, with two pairs of brackets: np.zeros((rows, columns)), rng.random((rows, columns)).",
    ),
    (
        r"TypeError: (zeros|ones|empty)\(\) takes .* positional",
        "A shape is one tuple: np.zeros((rows, columns)), with two pairs of brackets.",
    ),
    (
        r"TypeError: (standard_normal|random|standard_exponential)\(\) takes .* positional",
        "The size of a draw is one tuple, with two pairs of brackets: rng.standard_normal((rows, columns)).",
    ),
    (
        r"AttributeError: .*Generator.* has no attribute '(rand|randn|random_sample|randint)'",
        "rng is a Generator: it has rng.random, rng.standard_normal and rng.integers, not rand, randn and randint.",
    ),
    (
        r"TypeError: can't multiply sequence by non-int",
        "A list cannot be multiplied by a number: make an array of it first, np.array(…).",
    ),
    (
        r"TypeError: unsupported operand type\(s\) for .*'(list|tuple)'",
        "Lists cannot be added up or subtracted like numbers: make arrays of them first, np.array(…).",
    ),
    (
        r"TypeError: unsupported operand type\(s\) for .*'dict'|TypeError: bad operand type for unary .*'dict'",
        "You calculate with a whole dict. Go through its keys, and calculate with each array.",
    ),
    (
        r"TypeError: (unhashable type|list indices must be integers|tuple indices must be integers)",
        "What stands in the square brackets is no index: an array or a word where a whole number or a slice belongs.",
    ),
    (
        r"TypeError: only (integer scalar arrays|length-1 arrays|0-dimensional arrays)",
        "An array stands where one number is asked for.",
    ),
    (
        r"TypeError: 'float' object cannot be interpreted as an integer|TypeError: slice indices must be integers",
        "A float stands where a whole number is asked for: divide with //, or round.",
    ),
    (
        r"UFuncTypeError: Cannot cast ufunc|UFuncOutputCastingError",
        "You write fractions into an array of whole numbers. Work on a copy of floats: .astype(float).",
    ),
    (
        r"ValueError: matmul: Input operand 1 has a mismatch|ValueError: shapes .* not aligned",
        "In a product of matrices, the first has as many columns as the second has rows. Print both shapes: is one"
        " transposed, or the order wrong?",
    ),
    (
        r"ValueError: (operands could not be broadcast|non-broadcastable output|could not broadcast)",
        "Two arrays are combined entry by entry, but their shapes do not fit. Print both: sums keep their axis with"
        " keepdims=True, and matrices are multiplied by @.",
    ),
    (
        r"ValueError: cannot reshape array",
        "An array is given a shape that holds another number of entries.",
    ),
    (
        r"ValueError: all the input array dimensions|ValueError: all the input arrays must have same number",
        "Arrays of different shapes are joined: make each a column first, reshape(-1, 1).",
    ),
    (
        r"ValueError: setting an array element with a sequence",
        "Arrays of different shapes make no array together, and one number's place holds none: np.concatenate joins.",
    ),
    (
        r"ValueError: The truth value of an array",
        "An if, and, or or not asks a whole array. Compare one number, or use np.where, & and |.",
    ),
    (
        r"ValueError: (not enough|too many) values to unpack",
        "You unpack another number of values than there are: what you take apart holds more or fewer of them.",
    ),
    (
        r"KeyError: '[a-z]*[Wb]0'",
        "Layers are numbered from 1: there is no W0.",
    ),
    (
        r"KeyError: 'd[Wb]\d+'",
        "That key is not there: gradients stand under dW1, db1, …, parameters under W1, b1, …. Or a loop runs too far.",
    ),
    (
        r"KeyError: '[Wb]\d+'",
        "That key is not there: a loop runs too far, or the dict has other keys. Parameters stand under W1, b1, …, WL,"
        " bL, gradients under dW1, db1, ….",
    ),
    (
        r"KeyError",
        "The dict has no such key. Print its keys, and compare.",
    ),
    (
        r"IndexError: list index out of range",
        "An index is beyond the end of a list: n entries are numbered from 0 to n − 1.",
    ),
    (
        r"IndexError: (index .* is out of bounds|arrays used as indices|too many indices|only integers)",
        "An index does not fit its array: it is too large, of the wrong type, or there are more indices than axes.",
    ),
    (
        r"AxisError",
        "The array does not have that axis: a (n,) has axis 0 only, a matrix 0 (rows) and 1 (columns).",
    ),
    (
        r"ZeroDivisionError",
        "You divide by zero: is a count, a power or an index 0 there?",
    ),
    (
        r"UnboundLocalError",
        "A name is used before it has a value: it is set in a branch or a loop that was not run.",
    ),
    (
        r"AttributeError: '(int|float|str|tuple|dict|NoneType|builtin_function_or_method|numpy\.\w+)' object has no",
        "What stands before that dot is of another type than you take it for. Print it.",
    ),
    (
        r"AttributeError: 'list' object has no attribute '(shape|T|reshape|mean|sum|astype)'",
        "A list is no array: np.array(…) makes one of it.",
    ),
    (
        r"TypeError: .* takes .* positional arguments? but|TypeError: .* missing .* required positional",
        "A function is called with another number of arguments than it has.",
    ),
)


def hint(words: str) -> str:
    """Explain an error.

    Parameters
    ----------
    words : str
        As a check reports it: ``"it raises KeyError: 'W0' (in: …)"``.

    Returns
    -------
    str
        A sentence without a word of the error's own; "" where there is none.
    """
    error = words.removeprefix("no: ").removeprefix("it raises ").split(" (in: ")[0]
    return next((sentence for pattern, sentence in HINTS if re.match(pattern, error)), "")
