"""Which models make pictures like this one: every model described by a few weighted points.

A model's pictures are a distribution, and its kernel mean embedding ``mu(x) = mean_i k(x_i, x)``
says how near it is to a picture. A few points with weights stand in for all of its pictures
(reduced kernel mean embedding, RKME: Wu, Liu and Zhou 2021, "Model Reuse with Reduced Kernel Mean
Embedding Specification"; as an index of generative models: Zhou and others 2024, "Generative Model
Identification"). A query picture retrieves models by ``mu_m(query)``.

An embedding says mostly what is shown, and every model draws everything. So the kernel is Gaussian
on vectors whitened by the scatter *within* models: directions in which one model's pictures differ
among themselves count little, those that tell models apart count much. Points are joint vectors of
a picture and its prompt: the picture's residual after its prompt's vector has been regressed out.
The query's prompt is unknown; the vectors of the nearest known prompts stand in for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats32 = NDArray[np.float32]
