"""Back-propagation by hand, NumPy only: layers, losses, optimizers, networks, gradient check, trace.

>>> network = Network(2, [Dense(8), Tanh(), Dense(2), Softmax()], rng=np.random.default_rng(0))
>>> fit(network, x, y, loss=CategoricalCrossEntropy(), optimizer=Adam(0.01), epochs=100, batch_size=32, rng=network.rng)
>>> network.predict(x)
"""

from mien.nn.activations import ACTIVATIONS as ACTIVATIONS
from mien.nn.activations import BipolarSigmoid as BipolarSigmoid
from mien.nn.activations import ReLU as ReLU
from mien.nn.activations import Sigmoid as Sigmoid
from mien.nn.activations import Softmax as Softmax
from mien.nn.activations import Tanh as Tanh
from mien.nn.buffers import Floats as Floats
from mien.nn.fit import History as History
from mien.nn.fit import fit as fit
from mien.nn.gradients import check_gradients as check_gradients
from mien.nn.initializers import INITIALIZERS as INITIALIZERS
from mien.nn.layer import Layer as Layer
from mien.nn.layers import LAYERS as LAYERS
from mien.nn.layers import BatchNorm as BatchNorm
from mien.nn.layers import Dense as Dense
from mien.nn.layers import Dropout as Dropout
from mien.nn.losses import LOSSES as LOSSES
from mien.nn.losses import BinaryCrossEntropy as BinaryCrossEntropy
from mien.nn.losses import CategoricalCrossEntropy as CategoricalCrossEntropy
from mien.nn.losses import Loss as Loss
from mien.nn.losses import SumSquaredErrors as SumSquaredErrors
from mien.nn.network import Network as Network
from mien.nn.optimizers import OPTIMIZERS as OPTIMIZERS
from mien.nn.optimizers import SGD as SGD
from mien.nn.optimizers import Adam as Adam
from mien.nn.optimizers import Momentum as Momentum
from mien.nn.optimizers import Nesterov as Nesterov
from mien.nn.optimizers import Optimizer as Optimizer
from mien.nn.optimizers import RMSprop as RMSprop
from mien.nn.schedules import Schedule as Schedule
from mien.nn.schedules import constant as constant
from mien.nn.schedules import cosine as cosine
from mien.nn.schedules import exponential as exponential
from mien.nn.schedules import inverse_time as inverse_time
from mien.nn.trace import LayerTrace as LayerTrace
from mien.nn.trace import Trace as Trace
from mien.nn.trace import trace_step as trace_step
