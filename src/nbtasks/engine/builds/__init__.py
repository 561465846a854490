"""How a build runs its tasks: processes, kernels, what is printed, what a failure leaves."""
