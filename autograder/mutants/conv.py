"""Wrong and unusual-but-right solutions of `conv`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# One mask on one image


@wrong(
    "correlate-flipped",
    caught_by="test_cross_correlate2d_worked_example",
    says="looks-mask-flipped",
)
def cross_correlate2d(x, kernel):
    """Turns the mask by 180 degrees: a true convolution."""
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=x.dtype)
    for i, j in np.ndindex(kh, kw):
        y += kernel[-1 - i, -1 - j] * x[i : i + height, j : j + width]
    return y


@wrong(
    "correlate-transposed",
    caught_by="test_cross_correlate2d_worked_example",
    says="looks-mask-transposed",
)
def cross_correlate2d(x, kernel):
    """Exchanges the rows and the columns of a square mask."""
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=x.dtype)
    for i, j in np.ndindex(kh, kw):
        y += (kernel.T if kh == kw else kernel)[i, j] * x[i : i + height, j : j + width]
    return y


@wrong(
    "correlate-last-place-forgotten",
    caught_by="test_cross_correlate2d_worked_example",
    says="shape",
)
def cross_correlate2d(x, kernel):
    """H - KH rows and W - KW columns: the last ones are forgotten."""
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh, x.shape[1] - kw
    y = np.zeros((height, width), dtype=x.dtype)
    for i, j in np.ndindex(kh, kw):
        y += kernel[i, j] * x[i : i + height, j : j + width]
    return y


@wrong(
    "correlate-square-masks-only",
    caught_by="test_cross_correlate2d_masks_of_the_lecture",
    says="shape",
)
def cross_correlate2d(x, kernel):
    """Takes the height of the mask for its width too."""
    kh = kw = kernel.shape[0]
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=x.dtype)
    for i, j in np.ndindex(kh, kw):
        y += kernel[i, j] * x[i : i + height, j : j + width]
    return y


@wrong(
    "correlate-float32-inside",
    caught_by="test_cross_correlate2d_shapes_and_layouts",
    says="looks-float32",
)
def cross_correlate2d(x, kernel):
    """Computes in float32 and casts back."""
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=np.float32)
    for i, j in np.ndindex(kh, kw):
        y += kernel[i, j] * x[i : i + height, j : j + width]
    return y.astype(x.dtype)


@wrong(
    "correlate-memory-order",
    caught_by="test_cross_correlate2d_shapes_and_layouts",
    says="memory layouts",
)
def cross_correlate2d(x, kernel):
    """Flattens in memory order: an image in Fortran order is scrambled."""
    x = np.ravel(x, order="K").reshape(x.shape)
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=x.dtype)
    for i, j in np.ndindex(kh, kw):
        y += kernel[i, j] * x[i : i + height, j : j + width]
    return y


@wrong("correlate-float64-always", caught_by="test_float32_is_kept", says="dtype")
def cross_correlate2d(x, kernel):
    """Makes its zeros in float64, whatever comes in."""
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width))
    for i, j in np.ndindex(kh, kw):
        y += kernel[i, j] * x[i : i + height, j : j + width]
    return y


@wrong("correlate-place-loop", caught_by="test_forward_has_no_loop_over_places", says="loop")
def cross_correlate2d(x, kernel):
    """A Python loop over the places of the image."""
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=x.dtype)
    for r, c in np.ndindex(height, width):
        y[r, c] = np.sum(x[r : r + kh, c : c + kw] * kernel)
    return y


# The layer, forward


@wrong("forward-flipped", caught_by="test_conv2d_forward_worked_example", says="looks-mask-flipped")
class _:
    """Turns the masks by 180 degrees: a true convolution."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = (
            np.einsum("ncrsij,fcij->nfrs", windows, w[:, :, ::-1, ::-1], optimize=True)
            + b[:, None, None]
        )
        return y, (x, w, stride, padding)


@wrong(
    "forward-no-bias",
    caught_by="test_conv2d_forward_worked_example",
    says="then its own bias",
    looks=("looks-shifted",),
)
class _:
    """Forgets the bias."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True)
        return y, (x, w, stride, padding)


@wrong(
    "forward-strongest-channel",
    caught_by="test_conv2d_forward_adds_up_channels",
    says="not their maximum",
)
class _:
    """Takes the largest of the channels' answers instead of their sum."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = (
            np.einsum("ncrsij,fcij->ncfrs", windows, w, optimize=True).max(axis=1)
            + b[:, None, None]
        )
        return y, (x, w, stride, padding)


@wrong(
    "forward-axes-mixed",
    caught_by="test_conv2d_forward_looks_at_the_right_pixels",
    says="Which axis is which",
    looks=(
        "looks-axes-exchanged",
        "looks-shuffled",
    ),
)
class _:
    """Reshapes the product (N*OH*OW, F) to (N, F, OH, OW) without moving the filters' axis."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nrsf", windows, w, optimize=True) + b
        n, oh, ow, f = y.shape
        y = y.reshape(n, f, oh, ow)
        return y, (x, w, stride, padding)


@wrong(
    "forward-weights-mixed",
    caught_by="test_conv2d_forward_looks_at_the_right_pixels",
    says="Which axis is which",
    looks=("looks-shuffled",),
)
class _:
    """Reshapes the weights to (C*KH*KW, F) where a transpose belongs."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = (
            np.einsum(
                "ncrsij,fcij->nfrs",
                windows,
                np.moveaxis(w.reshape(*w.shape[1:], -1), -1, 0),
                optimize=True,
            )
            + b[:, None, None]
        )
        return y, (x, w, stride, padding)


@wrong(
    "forward-mask-transposed",
    caught_by="test_conv2d_forward_looks_at_the_right_pixels",
    says="looks at x[n, c, r + i, s + j]",
    looks=("looks-mask-transposed",),
)
class _:
    """Exchanges the rows and the columns of the masks."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[:1:-1], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcji->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-square-masks-only",
    caught_by="test_conv2d_forward_looks_at_the_right_pixels",
    says="shape",
)
class _:
    """Takes the height of the masks for their width too."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, (w.shape[2], w.shape[2]), axis=(2, 3))[
            :, :, ::sv, ::sh
        ]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-last-place-forgotten",
    caught_by="test_conv2d_forward_looks_at_the_right_pixels",
    says="shape",
)
class _:
    """Forgets the last row and the last column of the output."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, :-1:sv, :-1:sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-padded-with-the-edge",
    caught_by="test_conv2d_forward_padding",
    says="The padding is zeros",
)
class _:
    """Repeats the pixels of the edge instead of zeros."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)), mode="edge")
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong("forward-padded-on-one-side", caught_by="test_conv2d_forward_padding", says="on both sides")
class _:
    """Puts all the padding below and to the right."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * pv), (0, 2 * ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-padding-swapped",
    caught_by="test_conv2d_forward_padding",
    says="pv rows above and below, ph columns",
)
class _:
    """Takes the padding as (horizontal, vertical)."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (ph, pv) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-stride-ignored",
    caught_by="test_conv2d_forward_stride",
    says="The mask moves by the stride",
)
class _:
    """Takes every place, whatever the stride."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        pv, ph = _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-stride-swapped",
    caught_by="test_conv2d_forward_stride",
    says="output r starts at row r * sv",
)
class _:
    """Takes the stride as (horizontal, vertical)."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sh, sv), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-size-rounded-up", caught_by="test_conv2d_forward_stride", says="What is left, is left"
)
class _:
    """Rounds the size of the output up and reads zeros behind the image."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        over = [
            -(n + 2 * p - k) % s for n, p, k, s in zip(x.shape[2:], (pv, ph), w.shape[2:], (sv, sh))
        ]
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv + over[0]), (ph, ph + over[1])))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-batch-of-one-squeezed",
    caught_by="test_conv2d_forward_treats_images_alone",
    says="A batch of one is still a batch",
)
class _:
    """Squeezes the output, so that a batch of one loses its axis."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y[0] if len(y) == 1 else y, (x, w, stride, padding)


@wrong(
    "forward-memory-order",
    caught_by="test_conv2d_forward_shapes_and_layouts",
    says="never by their place in memory",
)
class _:
    """Flattens in memory order: images in Fortran order are scrambled."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(
            np.ravel(x, order="K").reshape(x.shape), ((0, 0), (0, 0), (pv, pv), (ph, ph))
        )
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong("forward-float32-inside", caught_by="test_conv2d_forward_shapes_and_layouts")
class _:
    """Computes in float32 and casts back."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = (
            np.einsum(
                "ncrsij,fcij->nfrs", windows.astype(np.float32), w.astype(np.float32), optimize=True
            )
            + b[:, None, None]
        )
        return y.astype(x.dtype), (x, w, stride, padding)


@wrong(
    "forward-padding-bounded",
    caught_by="test_conv2d_forward_smallest_sizes",
    says="padding, in images",
)
class _:
    """Cuts a padding that is larger than a mask needs."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        pv, ph = min(pv, w.shape[2] - 1), min(ph, w.shape[3] - 1)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-one-by-one-shortcut",
    caught_by="test_conv2d_forward_smallest_sizes",
    says="one of 1 x 1",
)
class _:
    """Has a short way for masks of 1 x 1, and forgets the stride on it."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        if w.shape[2:] == (1, 1) and padding == 0:
            y = np.einsum("nchw,fc->nfhw", x, w[:, :, 0, 0], optimize=True)
            return y + b[:, None, None], (x, w, stride, padding)
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (x, w, stride, padding)


@wrong(
    "forward-indices-in-a-byte", caught_by="test_conv2d_large_images", says="how large the image"
)
def conv2d_forward(x, w, b, *, stride=1, padding=0):
    """Keeps the places of pixels in one byte: images of over 256 pixels are scrambled."""
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    kh, kw = w.shape[2:]
    height, width = padded.shape[2:]
    starts = np.arange(0, height - kh + 1, sv)[:, None] * width + np.arange(0, width - kw + 1, sh)
    cells = np.arange(kh)[:, None] * width + np.arange(kw)
    places = (starts[:, :, None, None] + cells).astype(np.uint8)
    windows = padded.reshape(*x.shape[:2], -1)[:, :, places]
    y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
    return y, (x, w, stride, padding)


@wrong("forward-changes-weights", caught_by="test_arguments_are_unchanged", says="changed")
class _:
    """Puts the bias into the weights' array for a moment, and leaves rounding behind."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        w /= 3
        y = 3 * np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        w *= 3.0000000001
        return y, (x, w, stride, padding)


@wrong(
    "forward-image-loop", caught_by="test_forward_has_no_loop_over_images_or_filters", says="loop"
)
class _:
    """A Python loop over the images of the batch."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = (
            np.stack([np.tensordot(w, image, ((1, 2, 3), (0, 3, 4))) for image in windows])
            + b[:, None, None]
        )
        return y, (x, w, stride, padding)


@wrong(
    "forward-filter-loop", caught_by="test_forward_has_no_loop_over_images_or_filters", says="loop"
)
class _:
    """A Python loop over the filters."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = (
            np.stack([np.tensordot(windows, mask, ((1, 4, 5), (0, 1, 2))) for mask in w], axis=1)
            + b[:, None, None]
        )
        return y, (x, w, stride, padding)


@wrong("forward-place-loop", caught_by="test_forward_has_no_loop_over_places", says="loop")
class _:
    """A Python loop over the places of the output."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.empty((len(x), len(w), *windows.shape[2:4]), dtype=x.dtype)
        for r, s in np.ndindex(windows.shape[2:4]):
            y[:, :, r, s] = np.tensordot(windows[:, :, r, s], w, ((1, 2, 3), (1, 2, 3))) + b
        return y, (x, w, stride, padding)


@wrong("forward-one-huge-einsum", caught_by="test_conv2d_forward_run_time", says="too-slow")
def conv2d_forward(x, w, b, *, stride=1, padding=0):
    """One sum over all indices at once, with tables of 0 and 1 that say which pixel is where."""
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (kh, kw) = x.shape[2:], w.shape[2:]
    oh, ow = (height + 2 * pv - kh) // sv + 1, (width + 2 * ph - kw) // sh + 1
    places = np.arange(oh)[:, None] * sv + np.arange(kh) - pv
    rows = (places[..., None] == np.arange(height)).astype(x.dtype)
    places = np.arange(ow)[:, None] * sh + np.arange(kw) - ph
    columns = (places[..., None] == np.arange(width)).astype(x.dtype)
    y = np.einsum("nchw,fcij,rih,sjw->nfrs", x, w, rows, columns) + b[:, None, None]
    return y, (x, w, stride, padding)


# The layer, backward


@wrong("gradients-reordered", caught_by="test_conv2d_backward_worked_example", says="shape")
def conv2d_backward(dy, cache):
    """Returns dw first."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dw, dx, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-mask-flipped",
    caught_by="test_conv2d_backward_dx_matches_differences",
    says="looks-mask-flipped",
    looks=(
        "looks-flipped",
        "looks-shuffled",
    ),
)
def conv2d_backward(dy, cache):
    """Uses the flipped mask where the pixel goes back through the cell that has seen it."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, -1 - i, -1 - j], optimize=True)
        dw[:, :, -1 - i, -1 - j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-overlap-assigned",
    caught_by="test_conv2d_backward_dx_matches_differences",
    says="looks-overlap",
)
def conv2d_backward(dy, cache):
    """Assigns what comes back to a pixel instead of adding it up."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] = np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-upstream-ignored",
    caught_by="test_conv2d_backward_dx_matches_differences",
    says="looks-upstream-ignored",
)
def conv2d_backward(dy, cache):
    """Takes the upstream gradient for ones."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", np.ones_like(dy), w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-last-column-forgotten",
    caught_by="test_conv2d_backward_dx_matches_differences",
    says="looks-incomplete",
)
def conv2d_backward(dy, cache):
    """Forgets the last column of the mask."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2], max(1, w.shape[3] - 1)):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-crop-off-by-one",
    caught_by="test_conv2d_backward_dx_with_stride_and_padding",
    says="cut the padding off",
)
def conv2d_backward(dy, cache):
    """Cuts one row too much of the padding off above."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, max(0, pv - 1) : max(0, pv - 1) + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-crop-from-the-corner",
    caught_by="test_conv2d_backward_dx_with_stride_and_padding",
    says="cut the padding off",
)
def conv2d_backward(dy, cache):
    """Cuts the padding off on one side only."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, :height, :width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-stride-ignored",
    caught_by="test_conv2d_backward_dx_with_stride_and_padding",
    says="every s-th row",
)
def conv2d_backward(dy, cache):
    """Puts the upstream back as if the stride were 1."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        back = np.s_[:, :, i : i + oh, j : j + ow]
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[back] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dw-averaged",
    caught_by="test_conv2d_backward_dw_matches_differences",
    says="looks-averaged",
    looks=("looks-scaled",),
)
def conv2d_backward(dy, cache):
    """Divides dw by the batch size, which the loss has done already."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True) / len(x)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dw-axes-swapped",
    caught_by="test_conv2d_backward_dw_matches_differences",
    says="looks-shuffled",
)
def conv2d_backward(dy, cache):
    """Fills dw as (C, F, KH, KW) and reshapes it."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    dw = dw.swapaxes(0, 1).reshape(w.shape)
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dw-stride-ignored",
    caught_by="test_conv2d_backward_dw_with_stride_and_padding",
    says="(r * sv + i, s * sh + j)",
)
def conv2d_backward(dy, cache):
    """Takes the pixels for dw as if the stride were 1."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum(
            "nfrs,ncrs->fc", dy, padded[:, :, i : i + oh, j : j + ow], optimize=True
        )
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dw-padding-behind",
    caught_by="test_conv2d_backward_dw_with_stride_and_padding",
    says="of the padded image",
)
def conv2d_backward(dy, cache):
    """Pads all on one side when it takes the pixels for dw."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * pv), (0, 2 * ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "db-averaged",
    caught_by="test_conv2d_backward_db_matches_differences",
    says="looks-averaged",
    looks=("looks-scaled",),
)
def conv2d_backward(dy, cache):
    """Averages the bias gradient over the batch."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(2, 3)).mean(axis=0)


@wrong(
    "db-averaged-over-places",
    caught_by="test_conv2d_backward_db_matches_differences",
    says="b[f] is added at every place",
    looks=("looks-scaled",),
)
def conv2d_backward(dy, cache):
    """Averages the bias gradient over images and places."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.mean(axis=(0, 2, 3))


@wrong(
    "db-unsummed",
    caught_by="test_conv2d_backward_db_matches_differences",
    says="looks-unsummed",
    looks=("looks-kept-dimension",),
)
def conv2d_backward(dy, cache):
    """Leaves the batch axis in the bias gradient."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(2, 3))


@wrong(
    "dx-memory-order", caught_by="test_conv2d_backward_dx_shapes_and_layouts", says="memory layouts"
)
def conv2d_backward(dy, cache):
    """Flattens the upstream in memory order when it goes back to the pixels."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum(
            "nfrs,fc->ncrs", np.ravel(dy, order="K").reshape(dy.shape), w[:, :, i, j], optimize=True
        )
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dx-float32-inside",
    caught_by="test_conv2d_backward_dx_shapes_and_layouts",
    says="looks-float32",
)
def conv2d_backward(dy, cache):
    """Adds dx up in float32 and casts back."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros(padded.shape, dtype=np.float32), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width].astype(dy.dtype)
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "dw-memory-order", caught_by="test_conv2d_backward_dw_shapes_and_layouts", says="memory layouts"
)
def conv2d_backward(dy, cache):
    """Flattens the images in memory order: those in Fortran order are scrambled."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(np.ravel(x, order="K").reshape(x.shape), ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "db-memory-order", caught_by="test_conv2d_backward_db_shapes_and_layouts", says="memory layouts"
)
def conv2d_backward(dy, cache):
    """Flattens the upstream in memory order when it sums for db."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, np.ravel(dy, order="K").reshape(dy.shape).sum(axis=(0, 2, 3))


@wrong(
    "dx-unread-rows-on-the-wrong-side",
    caught_by="test_conv2d_backward_unread_pixels",
    says="looks-shuffled",
)
def conv2d_backward(dy, cache):
    """Takes the left-over rows to be above the image and not below."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    over = (padded.shape[2] - w.shape[2]) % sv
    dpadded = np.roll(dpadded, over, axis=2)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong("db-in-float64", caught_by="test_float32_is_kept", says="dtype")
def conv2d_backward(dy, cache):
    """Sums the bias gradient in float64 and leaves it so."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3), dtype=np.float64)


@wrong(
    "backward-half-precision",
    caught_by="test_conv2d_in_float32",
    says="values and dtypes in float32",
)
def conv2d_backward(dy, cache):
    """Saves memory with half precision when training is in float32."""
    x, w, stride, padding = cache
    if dy.dtype == np.float32:
        x = x.astype(np.float16).astype(np.float32)
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong("upstream-scaled-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def conv2d_backward(dy, cache):
    """Divides the upstream gradient in place and multiplies the results again."""
    x, w, stride, padding = cache
    dy /= 3
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return 3 * dx, 3 * dw, 3 * dy.sum(axis=(0, 2, 3))


@wrong("global-cache", caught_by="test_calls_do_not_mix", says="not into a global variable")
class _:
    """Keeps the images in a global variable instead of the cache."""

    from numpy.lib.stride_tricks import sliding_window_view

    kept = {}

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        kept.update(x=x, w=w)
        return y, (stride, padding)

    def conv2d_backward(dy, cache):
        x, w, (stride, padding) = kept["x"], kept["w"], cache
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
        for i, j in np.ndindex(w.shape[2:]):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
            dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
        dx = dpadded[:, :, pv : pv + height, ph : ph + width]
        return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong(
    "global-options", caught_by="test_two_layers_interleaved", says="Each layer keeps its stride"
)
class _:
    """Keeps stride and padding in global variables, for all layers together."""

    from numpy.lib.stride_tricks import sliding_window_view

    kept = {}

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        kept.update(stride=stride, padding=padding)
        return y, (x, w)

    def conv2d_backward(dy, cache):
        (x, w), stride, padding = cache, kept["stride"], kept["padding"]
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
        for i, j in np.ndindex(w.shape[2:]):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            dpadded[seen] += np.einsum("nfrs,fc->ncrs", dy, w[:, :, i, j], optimize=True)
            dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
        dx = dpadded[:, :, pv : pv + height, ph : ph + width]
        return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong("backward-image-loop", caught_by="test_backward_has_no_loop", says="loop")
def conv2d_backward(dy, cache):
    """A Python loop over the images of the batch."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        for up, image, back in zip(dy, padded[seen], dpadded[seen]):
            dw[:, :, i, j] += np.tensordot(up, image, ((1, 2), (1, 2)))
            back += np.tensordot(w[:, :, i, j].T, up, 1)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong("backward-place-loop", caught_by="test_backward_has_no_loop", says="loop")
def conv2d_backward(dy, cache):
    """A Python loop over the places of the output."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    for r, s in np.ndindex(oh, ow):
        window = np.s_[:, :, r * sv : r * sv + w.shape[2], s * sh : s * sh + w.shape[3]]
        dpadded[window] += np.tensordot(dy[:, :, r, s], w, 1)
    dx = dpadded[:, :, pv : pv + height, ph : ph + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))


@wrong("backward-one-huge-einsum", caught_by="test_conv2d_backward_run_time", says="too-slow")
def conv2d_backward(dy, cache):
    """One sum over all indices at once for dx, with tables of 0 and 1."""
    x, w, stride, padding = cache
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    (height, width), (oh, ow) = x.shape[2:], dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
    dw = np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        dw[:, :, i, j] = np.einsum("nfrs,ncrs->fc", dy, padded[seen], optimize=True)
    places = np.arange(oh)[:, None] * sv + np.arange(w.shape[2]) - pv
    rows = (places[..., None] == np.arange(height)).astype(dy.dtype)
    places = np.arange(ow)[:, None] * sh + np.arange(w.shape[3]) - ph
    columns = (places[..., None] == np.arange(width)).astype(dy.dtype)
    dx = np.einsum("nfrs,fcij,rih,sjw->nchw", dy, w, rows, columns)
    return dx, dw, dy.sum(axis=(0, 2, 3))


# Right, and unusual


@right("plain")
class _:
    """The yardstick of run time: im2col by one slice copy per cell, and a product per image."""

    def unrolled(x, mask, stride, padding):
        (kh, kw), (sv, sh), (pv, ph) = mask, _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        oh, ow = (padded.shape[2] - kh) // sv + 1, (padded.shape[3] - kw) // sh + 1
        columns = np.empty((*x.shape[:2], kh, kw, oh, ow), dtype=x.dtype)
        for i in range(kh):
            for j in range(kw):
                columns[:, :, i, j] = padded[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return columns, padded.shape

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        columns, _ = unrolled(x, w.shape[2:], stride, padding)
        matrix = columns.reshape(len(x), -1, columns.shape[4] * columns.shape[5])
        y = np.matmul(w.reshape(len(w), -1), matrix) + b[:, None]
        return y.reshape(len(x), len(w), *columns.shape[4:]), (x, w, stride, padding)

    def conv2d_backward(dy, cache):
        x, w, stride, padding = cache
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        columns, padded_shape = unrolled(x, w.shape[2:], stride, padding)
        oh, ow = columns.shape[4:]
        flat = dy.reshape(len(x), len(w), -1)
        matrix = columns.reshape(len(x), -1, oh * ow)
        dw = np.matmul(flat, matrix.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
        dcolumns = np.matmul(w.reshape(len(w), -1).T, flat).reshape(columns.shape)
        dpadded = np.zeros(padded_shape, dtype=dy.dtype)
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                dpadded[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dcolumns[:, :, i, j]
        dx = dpadded[:, :, pv : pv + x.shape[2], ph : ph + x.shape[3]]
        return dx, dw, flat.sum(axis=(0, 2))


@right("windows-einsum")
class _:
    """A view of all windows and einsum, also on the way back; the cache is a dict with a view."""

    from numpy.lib.stride_tricks import sliding_window_view

    def cross_correlate2d(x, kernel):
        return np.einsum("rcij,ij->rc", sliding_window_view(x, kernel.shape), kernel)

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.einsum("ncrsij,fcij->nfrs", windows, w) + b[:, None, None]
        return y, {"windows": windows, "padded": padded, "w": w, "s": (sv, sh), "p": (pv, ph)}

    def conv2d_backward(dy, cache):
        padded, w, (pv, ph) = cache["padded"], cache["w"], cache["p"]
        dpadded = np.zeros(padded.shape, dtype=dy.dtype)
        windows = sliding_window_view(dpadded, w.shape[2:], axis=(2, 3), writeable=True)
        windows = windows[:, :, :: cache["s"][0], :: cache["s"][1]]
        for cell in np.ndindex(w.shape[2:]):
            part = windows[(..., *cell)]
            part += np.einsum("nfrs,fc->ncrs", dy, w[(..., *cell)])
        dw = np.einsum("nfrs,ncrsij->fcij", dy, cache["windows"], optimize=True)
        dx = dpadded[:, :, pv : dpadded.shape[2] - pv, ph : dpadded.shape[3] - ph]
        return dx, dw, np.einsum("nfrs->f", dy)


@right("tensordot-full-correlation")
class _:
    """Tensordot on windows; dx is a correlation of the spread-out upstream with flipped masks."""

    from numpy.lib.stride_tricks import sliding_window_view

    def cross_correlate2d(x, kernel):
        return np.tensordot(sliding_window_view(x, kernel.shape), kernel, 2)

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
        padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * pv, x.shape[3] + 2 * ph), dtype=x.dtype)
        padded[:, :, pv : pv + x.shape[2], ph : ph + x.shape[3]] = x
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        y = np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))) + b
        return y.transpose(0, 3, 1, 2), (padded, x.shape, w, sv, sh, pv, ph)

    def conv2d_backward(dy, cache):
        padded, shape, w, sv, sh, pv, ph = cache
        kh, kw = w.shape[2:]
        wide = np.zeros(
            (*dy.shape[:2], padded.shape[2] + kh - 1, padded.shape[3] + kw - 1), dtype=dy.dtype
        )
        spread = wide[:, :, kh - 1 : padded.shape[2], kw - 1 : padded.shape[3]][:, :, ::sv, ::sh]
        spread[...] = dy
        around = sliding_window_view(wide, (kh, kw), axis=(2, 3))
        dpadded = np.tensordot(around, w[:, :, ::-1, ::-1], ((1, 4, 5), (0, 2, 3)))
        dx = dpadded.transpose(0, 3, 1, 2)[:, :, pv : pv + shape[2], ph : ph + shape[3]]
        windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sv, ::sh]
        dw = np.tensordot(dy, windows, ((0, 2, 3), (0, 2, 3)))
        return dx, dw, dy.sum(axis=3).sum(axis=2).sum(axis=0)


@right("one-product-per-cell")
class _:
    """Nothing is unrolled: one small product for each cell of the masks, the images last."""

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph), (kh, kw) = _pair(stride), _pair(padding), w.shape[2:]
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph))).transpose(1, 2, 3, 0)
        oh, ow = (padded.shape[1] - kh) // sv + 1, (padded.shape[2] - kw) // sh + 1
        y = np.zeros((len(w), oh, ow, len(x)), dtype=x.dtype) + b[:, None, None, None]
        for i in range(kh):
            for j in range(kw):
                cut = padded[:, i : i + sv * oh : sv, j : j + sh * ow : sh]
                y += np.tensordot(w[:, :, i, j], cut, 1)
        return y.transpose(3, 0, 1, 2), (padded, x.shape, w, (sv, sh, pv, ph))

    def conv2d_backward(dy, cache):
        padded, shape, w, (sv, sh, pv, ph) = cache
        dy = dy.transpose(1, 2, 3, 0)
        _, oh, ow, _ = dy.shape
        dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                cut = np.s_[:, i : i + sv * oh : sv, j : j + sh * ow : sh]
                dpadded[cut] += np.tensordot(w[:, :, i, j].T, dy, 1)
                dw[:, :, i, j] = np.tensordot(dy, padded[cut], ((1, 2, 3), (1, 2, 3)))
        dx = dpadded[:, pv : pv + shape[2], ph : ph + shape[3]].transpose(3, 0, 1, 2)
        return dx, dw, np.asarray(dy.sum(axis=(1, 2, 3)))


@right("fourier")
class _:
    """By the Fourier transform: a correlation is a product with the conjugate."""

    def back(spectrum, size, dtype):
        return np.fft.irfft2(spectrum, s=size, axes=(-2, -1)).astype(dtype)

    def cross_correlate2d(x, kernel):
        product = np.fft.rfft2(x) * np.conj(np.fft.rfft2(kernel, s=x.shape))
        y = np.fft.irfft2(product, s=x.shape).astype(x.dtype)
        return y[: x.shape[0] - kernel.shape[0] + 1, : x.shape[1] - kernel.shape[1] + 1]

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        (sv, sh), (pv, ph), (kh, kw) = _pair(stride), _pair(padding), w.shape[2:]
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        size = padded.shape[2:]
        xs, ws = np.fft.rfft2(padded, s=size), np.fft.rfft2(w, s=size)
        y = back(np.einsum("nchw,fchw->nfhw", xs, ws.conj()), size, x.dtype)
        y = y[:, :, : size[0] - kh + 1 : sv, : size[1] - kw + 1 : sh] + b[:, None, None]
        return y, (xs, ws, size, x.shape, w.shape, (sv, sh, pv, ph))

    def conv2d_backward(dy, cache):
        xs, ws, size, shape, mask, (sv, sh, pv, ph) = cache
        spread = np.zeros((*dy.shape[:2], *size), dtype=dy.dtype)
        spread[:, :, : size[0] - mask[2] + 1 : sv, : size[1] - mask[3] + 1 : sh] = dy
        ds = np.fft.rfft2(spread, s=size)
        dpadded = back(np.einsum("nfhw,fchw->nchw", ds, ws), size, dy.dtype)
        dw = back(np.einsum("nchw,nfhw->fchw", xs, ds.conj()), size, dy.dtype)
        dx = dpadded[:, :, pv : pv + shape[2], ph : ph + shape[3]]
        return dx, dw[:, :, : mask[2], : mask[3]], dy.sum(axis=(0, 2, 3))


@right("indices-and-add-at")
class _:
    """Index arrays pick the windows, and np.add.at puts them back: slow, and no mistake."""

    def indices(shape, mask, stride):
        c, i, j = (a.reshape(-1, 1) for a in np.indices((shape[1], *mask)))
        oh, ow = ((n - k) // s + 1 for n, k, s in zip(shape[2:], mask, stride))
        r, s = (a.reshape(1, -1) for a in np.indices((oh, ow)))
        return (slice(None), c, i + stride[0] * r, j + stride[1] * s), (oh, ow)

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        stride, (pv, ph) = _pair(stride), _pair(padding)
        padded = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        picked, out = indices(padded.shape, w.shape[2:], stride)
        columns = np.concatenate(list(padded[picked].transpose(1, 2, 0)[None]), axis=0)
        y = w.reshape(len(w), -1) @ columns.reshape(columns.shape[0], -1) + b[:, None]
        y = y.reshape(len(w), *out, len(x)).transpose(3, 0, 1, 2)
        return np.asfortranarray(y), [x, w, b, columns, picked, (pv, ph)]

    def conv2d_backward(dy, cache):
        x, w, _, columns, picked, (pv, ph) = cache
        flat = dy.transpose(1, 2, 3, 0).reshape(len(w), -1)
        dw = (flat @ columns.reshape(columns.shape[0], -1).T).reshape(w.shape)
        dcolumns = (w.reshape(len(w), -1).T @ flat).reshape(columns.shape)
        shape = (*x.shape[:2], x.shape[2] + 2 * pv, x.shape[3] + 2 * ph)
        dpadded = np.zeros(shape, dtype=dy.dtype)
        np.add.at(dpadded, picked, dcolumns.transpose(2, 0, 1))
        dx = dpadded[:, :, pv : pv + x.shape[2], ph : ph + x.shape[3]]
        return dx, dw, dy.sum(axis=(0, 2, 3))


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {
    "module: _BLOCK = 524288 → _BLOCK = 524289": "the size of a block changes time only",
    "module: _BLOCK = 524288 → _BLOCK = 524287": "the size of a block changes time only",
    "_Plan.__init__: self.images = max(1, _BLOCK // (x[:1].nbytes * self.kw)) → "
    "self.images = max(2, _BLOCK // (x[:1].nbytes * self.kw))": "the size of a block again",
    "_Plan.__init__: self.images = max(1, _BLOCK // (x[:1].nbytes * self.kw)) → "
    "self.images = max(1, _BLOCK * (x[:1].nbytes * self.kw))": "the size of a block again",
    "_Plan.__init__: self.images = max(1, _BLOCK // (x[:1].nbytes * self.kw)) → "
    "self.images = max(1, _BLOCK // (x[:2].nbytes * self.kw))": "the size of a block again",
    "_Plan.__init__: self.q = self.oh + (self.kh - 1) // self.sv → "
    "self.q = self.oh + (self.kh - 1) * self.sv": "more rows, which no mask reads",
    "_Plan.__init__: self.q = self.oh + (self.kh - 1) // self.sv → "
    "self.q = self.oh + (self.kh + 1) // self.sv": "more rows, which no mask reads",
    "_Plan.__init__: self.q = self.oh + (self.kh - 1) // self.sv → "
    "self.q = self.oh + (self.kh - 0) // self.sv": "more rows, which no mask reads",
    "_Plan.__init__: self.together = self.kh if 2 * self.depth < self.filters else 1 → "
    "self.together = self.kh if 3 * self.depth < self.filters else 1": "changes time only",
    "_Plan.__init__: self.together = self.kh if 2 * self.depth < self.filters else 1 → "
    "self.together = self.kh if 1 * self.depth < self.filters else 1": "changes time only",
    "_Plan.__init__: self.together = self.kh if 2 * self.depth < self.filters else 1 → "
    "self.together = self.kh if 2 / self.depth < self.filters else 1": "changes time only",
    "_Plan.__init__: self.together = self.kh if 2 * self.depth < self.filters else 1 → "
    "self.together = self.kh if 2 * self.depth <= self.filters else 1": "changes time only",
    "_stacked: return views[0] if len(views) == 1 else np.concatenate(views) → "
    "return views[0] if len(views) == 0 else np.concatenate(views)": "a copy of the one view",
}
