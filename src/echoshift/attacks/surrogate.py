"""A Gaussian process as a stand-in for the margin between the places that were asked."""

import numpy as np
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import ThreadpoolController

GROWTH = 1.25
"""The kernel is fitted again when there are so many times the places of its last fit: fits cost most."""
EVALUATIONS = 40
"""Steps of one fit of the kernel."""
LENGTH = 0.5
"""Prior length scale of each of one or two settings, in widths of the box. It grows as the diagonal of the box."""
SPREAD = 1.0
"""Prior standard deviation of the logarithms of the kernel's parameters."""


class Surrogate:
    """A Gaussian process with a Matern 5/2 kernel and one length scale per setting.

    The kernel's parameters maximise their posterior density: the likelihood of the margins (Rasmussen and Williams,
    Gaussian Processes for Machine Learning, 2006, equation 5.8) times a log-normal prior. The prior keeps a flat box, or
    one with more settings than places asked, from implying absurd length scales.

    Parameters
    ----------
    n_settings : int

    Attributes
    ----------
    kernel : Kernel
        As fitted last: constant times Matern, plus noise, of the margins scaled to mean 0 and deviation 1.
    """

    def __init__(self, n_settings: int) -> None:
        length = LENGTH * np.sqrt(n_settings / 2)
        noise = WhiteKernel(1e-3, (1e-6, 1e-1))
        self.kernel = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(np.full(n_settings, length), (0.05, 50.0), 2.5) + noise
        self._centre = self.kernel.theta
        self._fitted_to = 0
        self._threads = ThreadpoolController()

    def learn(self, places: np.ndarray, margins: np.ndarray) -> None:
        """Condition on all margins known.

        Parameters
        ----------
        places : ndarray, (place, setting)
            0 to 1 over the box.
        margins : ndarray, (place,)
        """
        is_due = len(places) >= GROWTH * self._fitted_to and np.ptp(margins) > 0
        optimizer = self._most_probable if is_due else None
        self._process = GaussianProcessRegressor(self.kernel, alpha=1e-8, optimizer=optimizer, normalize_y=True)
        # One thread: the sums, and so the queries, are then the same on any number of cores.
        with self._threads.limit(limits=1):
            self._process.fit(places, margins)
        if is_due:
            self._fitted_to = len(places)
            self.kernel = self._process.kernel_

    def predict(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (place,) of the margin at places (place, setting)."""
        with self._threads.limit(limits=1):
            mean, deviation = self._process.predict(places, return_std=True)
        return mean, deviation

    def _most_probable(self, objective, initial, bounds):  # the signature that scikit-learn asks for
        # It starts from the prior. From the last fit it would often stay at length scales that were too long.
        def loss(theta):
            value, slope = objective(theta)
            return value + np.sum((theta - self._centre) ** 2) / (2 * SPREAD**2), slope + (
                theta - self._centre
            ) / SPREAD**2

        found = minimize(
            loss, self._centre, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxfun": EVALUATIONS}
        )
        # Rounded, so that the last bits of the sums do not decide about queries.
        return np.round(found.x, 2), found.fun
