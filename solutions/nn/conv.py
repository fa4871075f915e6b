"""Convolution: one small mask looks at every place of an image.

What networks call a convolution is a cross-correlation: the mask is laid on the image as it is, not
flipped, each pixel under it is multiplied by its weight, and the products are added up. A layer has
F such masks with C channels each. The layer is linear in the image and in the masks, so its
gradients are sums of products too.

Images have the axes (N, C, H, W): batch, channel, row, column. Weights have (F, C, KH, KW): filter,
channel, row and column of the mask. The dtype of the input is kept, arguments are never changed,
and Python loops run over the cells of a mask at most: never over images, channels, filters or
places in an image.
"""

import numpy as np

from nn.types import Array, Cache


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """A stride or a padding as (vertical, horizontal); one number stands for both."""
    vertical, horizontal = (value, value) if isinstance(value, int) else value
    return vertical, horizontal


def cross_correlate2d(x: Array, kernel: Array) -> Array:
    """One mask on one image, at every place where it lies inside: "valid", stride 1.

    ``y[r, c] = sum over i, j of x[r + i, c + j] * kernel[i, j]``.

    Parameters
    ----------
    x : ndarray, shape (H, W)
    kernel : ndarray, shape (KH, KW), dtype of `x`
        With KH <= H and KW <= W. It is not flipped.

    Returns
    -------
    y : ndarray, shape (H - KH + 1, W - KW + 1)
        Of the dtype of `x`.

    References
    ----------
    Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.1.
    """
    # BEGIN SOLUTION
    kh, kw = kernel.shape
    height, width = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    y = np.zeros((height, width), dtype=x.dtype)
    for i, j in np.ndindex(kh, kw):
        y += kernel[i, j] * x[i : i + height, j : j + width]  # what cell (i, j) sees, everywhere
    return y
    # END SOLUTION


# BEGIN SOLUTION
# How the layer gets fast. Row i of all masks is a matrix (F, C*KW). Let the image's rows, each in
# its KW horizontal shifts, be a matrix with one column per (row, image, output column). Then what
# row i of the masks sees are neighbouring columns of that matrix: a slice, not a copy. So KH
# products of matrices give the output, and KW copies of the image are enough where the usual im2col
# makes KH * KW. With a vertical stride of s only every s-th row is wanted: the rows are stored in s
# groups, one for each remainder, and are neighbours again.
#
# Where the channels are few and the masks many, adding up KH outputs costs more than copying. Then
# the KH slices are laid on top of each other, and one product does the work of all rows of a mask.

_BLOCK = 524288  # bytes of columns that are worked on at once: they should stay in the cache


class _Plan:
    """The sizes of one call, and the views of a block of n images that it is made of."""

    def __init__(
        self, x: Array, w: Array, stride: int | tuple[int, int], padding: int | tuple[int, int]
    ) -> None:
        self.batch, self.channels, self.height, self.width = x.shape
        self.filters, _, self.kh, self.kw = w.shape
        self.sv, self.sh = _pair(stride)
        self.pv, self.ph = _pair(padding)
        self.oh = (self.height + 2 * self.pv - self.kh) // self.sv + 1
        self.ow = (self.width + 2 * self.ph - self.kw) // self.sh + 1
        self.depth = self.channels * self.kw
        self.q = self.oh + (self.kh - 1) // self.sv  # rows in each of the SV groups
        self.together = self.kh if 2 * self.depth < self.filters else 1  # rows in one product
        self.images = max(1, _BLOCK // (x[:1].nbytes * self.kw))

    def blocks(self) -> list[slice]:
        """Parts of the batch whose columns fit the cache."""
        return [slice(k, k + self.images) for k in range(0, self.batch, self.images)]

    def room(self, images: int, like: Array) -> Array:
        """Zeros for a padded block: (C, Q*SV, n, padded W). What is never read has no place."""
        shape = (self.channels, self.q * self.sv, images, self.sh * self.ow + self.kw)
        return np.zeros(shape, dtype=like.dtype)

    def inside(self, room: Array) -> Array:
        """The part of a room that holds the image and not the padding: (n, C, <=H, <=W)."""
        view = room[:, self.pv : self.pv + self.height, :, self.ph : self.ph + self.width]
        return view.transpose(2, 0, 1, 3)

    def shifts(self, room: Array) -> list[Array]:
        """KW views of a room, (C, SV, Q, n, OW): what each column of a mask sees."""
        groups = room.reshape(self.channels, self.q, self.sv, *room.shape[2:]).swapaxes(1, 2)
        return [groups[..., j : j + self.sh * self.ow : self.sh] for j in range(self.kw)]

    def columns(self, x: Array) -> Array:
        """The matrix of a block of images: (C*KW, SV, Q, n*OW)."""
        room = self.room(x.shape[0], x)
        inside = self.inside(room)
        inside[...] = x[:, :, : inside.shape[2], : inside.shape[3]]
        columns = np.stack(self.shifts(room), axis=1)  # (C, KW, SV, Q, n, OW)
        return columns.reshape(self.depth, self.sv, self.q, x.shape[0] * self.ow)

    def views(self, columns: Array) -> list[list[Array]]:
        """For every product: what each of its rows of a mask sees, (C*KW, OH*n*OW), as a view."""
        matrix = (self.depth, self.oh * columns.shape[3])
        firsts = [(i % self.sv, i // self.sv) for i in range(self.kh)]  # the group, the row in it
        views = [columns[:, g, k : k + self.oh].reshape(matrix) for g, k in firsts]
        return [views[i : i + self.together] for i in range(0, self.kh, self.together)]

    def masks(self, w: Array) -> Array:
        """For every product: its rows of all masks, side by side, (F, together*C*KW)."""
        products, width = self.kh // self.together, self.together * self.depth
        rows = w.reshape(self.filters, self.channels, products, self.together, self.kw)
        return rows.transpose(2, 0, 3, 1, 4).reshape(products, self.filters, width)


def _stacked(views: list[Array]) -> Array:
    return views[0] if len(views) == 1 else np.concatenate(views)


# END SOLUTION


def conv2d_forward(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> tuple[Array, Cache]:
    """A convolution layer: F masks over all channels of every image, plus a bias each.

    With `x` surrounded by zeros, ``pv`` rows above and below and ``ph`` columns left and right,
    ``y[n, f, r, s] = b[f] + sum over c, i, j of x[n, c, r * sv + i, s * sh + j] * w[f, c, i, j]``.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    w : ndarray, shape (F, C, KH, KW)
        The masks fit into the padded images; they are not flipped.
    b : ndarray, shape (F,)
    stride : int or (vertical, horizontal)
        ``sv`` and ``sh``, at least 1: how far the mask moves from one output to the next.
    padding : int or (vertical, horizontal)
        ``pv`` and ``ph``, at least 0.

    Returns
    -------
    y : ndarray, shape (N, F, OH, OW)
        Of the dtype of `x`. ``OH = (H + 2 * pv - KH) // sv + 1``, and OW likewise: where the stride
        does not divide, the rows and columns that are left over are not read.
    cache
        What `conv2d_backward` needs, in any form.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """
    # BEGIN SOLUTION
    plan = _Plan(x, w, stride, padding)
    masks = plan.masks(w)  # (products, F, rows*C*KW)
    y = np.empty((plan.batch, plan.filters, plan.oh, plan.ow), dtype=x.dtype)
    for part in plan.blocks():
        images = x[part]  # (n, C, H, W)
        columns = plan.columns(images)  # (C*KW, SV, Q, n*OW)
        out = np.repeat(b[:, None], plan.oh * columns.shape[3], axis=1)  # (F, OH*n*OW)
        for k, views in enumerate(plan.views(columns)):
            out += masks[k] @ _stacked(views)  # (F, rows*C*KW) @ (rows*C*KW, OH*n*OW)
        out = out.reshape(plan.filters, plan.oh, images.shape[0], plan.ow)
        y[part] = out.transpose(2, 0, 1, 3)  # (F, OH, n, OW) -> (n, F, OH, OW)
    return y, (x, w, stride, padding)
    # END SOLUTION


def conv2d_backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """The gradients of a loss L with respect to the three arrays of `conv2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, F, OH, OW)
        dL/dy. It is any array of that shape: a mean over the batch, where the loss takes one, is
        in it already.
    cache
        From the `conv2d_forward` call whose gradients are wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
        Without the padding. Pixels that no mask has read have the gradient 0.
    dw : ndarray, shape (F, C, KH, KW)
    db : ndarray, shape (F,)
        dL/dx, dL/dw and dL/db, of the dtype of `dy`, as a tuple in this order.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """
    # BEGIN SOLUTION
    x, w, stride, padding = cache
    plan = _Plan(x, w, stride, padding)
    masks = plan.masks(w)  # (products, F, rows*C*KW)
    dmasks = np.zeros(masks.shape, dtype=dy.dtype)
    dx = np.zeros(x.shape, dtype=dy.dtype)
    for part in plan.blocks():
        # The forward's two steps in reverse. Where it multiplied, each factor gets the upstream
        # times the other factor; where it copied, the gradients of the copies are added up.
        images = x[part]  # (n, C, H, W)
        columns = plan.columns(images)  # (C*KW, SV, Q, n*OW)
        dcolumns = np.zeros(columns.shape, dtype=dy.dtype)
        upstream = dy[part].transpose(1, 2, 0, 3)  # (n, F, OH, OW) -> (F, OH, n, OW)
        upstream = upstream.reshape(plan.filters, plan.oh * columns.shape[3])  # (F, OH*n*OW)
        views, dviews = plan.views(columns), plan.views(dcolumns)
        for k in range(len(masks)):
            dmasks[k] += upstream @ _stacked(views[k]).T  # (F, OH*n*OW) @ (OH*n*OW, rows*C*KW)
            dseen = masks[k].T @ upstream  # (rows*C*KW, F) @ (F, OH*n*OW)
            for i, dview in enumerate(dviews[k]):  # neighbouring rows of masks share their pixels
                dview += dseen[i * plan.depth : (i + 1) * plan.depth]
        droom = plan.room(images.shape[0], dy)  # (C, Q*SV, n, padded W)
        shifts = plan.shifts(droom)
        dshifts = dcolumns.reshape(plan.channels, plan.kw, *shifts[0].shape[1:])
        for j in range(plan.kw):
            shifts[j] += dshifts[:, j]  # a view again: overlapping windows add up
        dinside = plan.inside(droom)
        dx[part, :, : dinside.shape[2], : dinside.shape[3]] = dinside
    dw = dmasks.reshape(len(masks), plan.filters, plan.together, plan.channels, plan.kw)
    dw = dw.transpose(1, 3, 0, 2, 4).reshape(w.shape)  # (F, C, KH, KW)
    return dx, dw, dy.sum(axis=(0, 2, 3))  # db: (N, F, OH, OW) -> (F,)
    # END SOLUTION
