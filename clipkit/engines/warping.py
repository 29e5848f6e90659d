"""Dynamic time warping: the cheapest way through a matrix, as Whisper times words by."""

import numpy as np
import numpy.typing as npt


def warped(costs: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the cheapest path from the first cell to the last, in steps down, right or both.

    All cells of an antidiagonal hang on the two before it alone, so each is computed in one go.

    Args:
        costs: Shape (rows, columns).

    Returns:
        Shape (steps, 2): rows and columns, neither ever stepping back.

    Source: openai/whisper ``timing.py``, whose choice between equals is kept.
    """
    rows, columns = costs.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    came = np.zeros((rows + 1, columns + 1), np.int8)
    for place in range(2, rows + columns + 1):
        down = np.arange(max(1, place - columns), min(rows, place - 1) + 1)
        right = place - down
        both, above, before = (
            total[down - 1, right - 1], total[down - 1, right], total[down, right - 1]
        )  # fmt: skip
        step = np.where(
            (both < above) & (both < before), 0, np.where((above < both) & (above < before), 1, 2)
        )
        came[down, right] = step
        total[down, right] = costs[down - 1, right - 1] + np.choose(step, (both, above, before))
    came[0, :], came[:, 0] = 2, 1
    path, row, column = [], rows, columns
    while row > 0 or column > 0:
        path.append((row - 1, column - 1))
        row, column = row - (came[row, column] != 2), column - (came[row, column] != 1)
    return np.array(path[::-1], np.int64).reshape(-1, 2)
