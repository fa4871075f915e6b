"""Stand-ins: trivial functions in the place of a component that another one stands on.

A test of how a net is put together lends a submission these functions instead of its own, so that
no mistake of an earlier component reaches it. They have the names and signatures of the component
and return arrays of the right shapes and dtypes. What they compute is linear in each argument and
has nothing to do with what the component is about; the backward is its exact adjoint, so gradients
can be checked. Wherever two calls might be mixed up, two places or two functions, they differ.
"""
