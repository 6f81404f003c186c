"""Training speed on one core beside peers measured in the same run: 784-128-64-10, sigmoid, float32.

    pip install -r tests/benchmarks/requirements.txt
    python -m tests.benchmarks.bench_training

Every contender trains on the same random images, in a shuffled order. They take turns for several rounds, and each
keeps its best one, so that a busy machine disturbs all alike. Prints samples a second and how many times ours is
faster. Then: what hooks cost.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import time
import warnings

import numpy as np

from nn_core import OPTIMIZERS, Network, Trainer, every

SIZES, RATE, ROUNDS = (784, 128, 64, 10), 0.1, 7
rng = np.random.default_rng(0)
X = np.where(rng.random((4096, 784)) < 0.2, rng.random((4096, 784)), 0).astype(np.float32)  # as sparse as digits are
Y = rng.integers(0, 10, 4096)


def ours(batch_size, hooks=()):
    network = Network.create(SIZES, ["sigmoid", "sigmoid", "softmax"])
    optimizer = OPTIMIZERS["sgd"](learning_rate=RATE)
    trainer = Trainer(network, "cross_entropy", optimizer, X, Y, batch_size=batch_size, hooks=hooks)
    return lambda updates: trainer.advance(updates)


def textbook(batch_size):
    """The loop of a from-scratch tutorial: vectors, outer products, rows in a shuffled order."""
    order = rng.permutation(len(X))
    network = Network.create(SIZES, ["sigmoid", "sigmoid", "softmax"])
    W = [np.array(layer.W) for layer in network.layers]
    b = [np.array(layer.b) for layer in network.layers]
    rate = np.float32(RATE)

    def train(updates):
        for i in range(updates):
            x, y = X[order[i % 4096]], Y[order[i % 4096]]
            a1 = 1 / (1 + np.exp(-(x @ W[0] + b[0])))
            a2 = 1 / (1 + np.exp(-(a1 @ W[1] + b[1])))
            z = a2 @ W[2] + b[2]
            p = np.exp(z - z.max())
            p /= p.sum()
            d3 = p
            d3[y] -= 1
            d2 = (W[2] @ d3) * a2 * (1 - a2)
            d1 = (W[1] @ d2) * a1 * (1 - a1)
            for l, (a, d) in enumerate(((x, d1), (a1, d2), (a2, d3))):
                W[l] -= rate * np.outer(a, d)
                b[l] -= rate * d

    return train


def pytorch(batch_size):
    import torch

    torch.set_num_threads(1)
    sig, lin = torch.nn.Sigmoid, torch.nn.Linear
    model = torch.nn.Sequential(lin(784, 128), sig(), lin(128, 64), sig(), lin(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    loss = torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    order = torch.randperm(len(x))
    per_epoch = len(x) // batch_size

    def train(updates):
        for i in range(updates):
            rows = order[(i % per_epoch) * batch_size :][:batch_size]
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()

    return train


def scikit_learn(batch_size):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        SIZES[1:-1], activation="logistic", solver="sgd", batch_size=batch_size, momentum=0, alpha=0,
        learning_rate_init=RATE, shuffle=True,
    )  # fmt: skip
    model.partial_fit(X[:batch_size], Y[:batch_size], classes=np.arange(10))

    def train(updates):
        left = updates * batch_size
        while left > 0:
            model.partial_fit(X[: min(left, 4096)], Y[: min(left, 4096)])
            left -= 4096

    return train


def jax_scan(batch_size):
    """The whole loop compiled: what is left when Python is not in the way."""
    import jax
    import jax.numpy as jnp

    network = Network.create(SIZES, ["sigmoid", "sigmoid", "softmax"])
    parameters = [(jnp.array(layer.W), jnp.array(layer.b)) for layer in network.layers]

    def loss(parameters, x, y):
        for W, b in parameters[:-1]:
            x = jax.nn.sigmoid(x @ W + b)
        W, b = parameters[-1]
        return -jax.nn.log_softmax(x @ W + b)[y]

    def update(parameters, row):
        x, y = row
        gradients = jax.grad(loss)(parameters, x, y)
        return jax.tree.map(lambda p, g: p - RATE * g, parameters, gradients), None

    scan = jax.jit(lambda parameters, x, y: jax.lax.scan(update, parameters, (x, y))[0])
    x, y = jnp.array(X), jnp.array(Y)
    state = [parameters]
    jax.block_until_ready(scan(parameters, x, y))

    def train(updates):
        for _ in range(updates // 4096):
            state[0] = scan(state[0], x, y)
        jax.block_until_ready(state[0])

    return train


def products(batch_size):
    """The matrix products of an update and nothing else: what no NumPy code can do without."""
    W = [np.array(layer.W) for layer in Network.create(SIZES, ["sigmoid", "sigmoid", "softmax"]).layers]
    dW, dz = [np.empty_like(w) for w in W], [np.ones((batch_size, n), np.float32) for n in SIZES[1:]]
    z, da = [np.empty_like(array) for array in dz], [np.empty_like(array) for array in dz]
    per_epoch = len(X) // batch_size

    def train(updates):
        for i in range(updates):
            x = [X[(i % per_epoch) * batch_size :][:batch_size], dz[0], dz[1]]
            for l in range(3):
                np.dot(x[l], W[l], z[l])
            for l in (2, 1):
                np.dot(dz[l], W[l].T, da[l - 1])
            for l in range(3):
                np.dot(x[l].T, dz[l], dW[l])

    return train


def race(contenders, updates, batch_size):
    """Samples a second of each contender, the best of ROUNDS in turns; `updates` may differ by contender."""
    best = dict.fromkeys(contenders, 0.0)
    for train in contenders.values():
        train(64)
    for _ in range(ROUNDS):
        for name, train in contenders.items():
            n = updates.get(name, updates["ours"])
            began = time.perf_counter()
            train(n)
            best[name] = max(best[name], n * batch_size / (time.perf_counter() - began))
    return best


def table(title, best):
    print(f"\n{title}")
    for name, speed in best.items():
        print(f"  {name:<34}{speed:>10,.0f} samples/s   ours is {best['ours'] / speed:>6.2f} x")


def available(**makers):
    found = {}
    for name, (maker, batch_size) in makers.items():
        try:
            found[name.replace("_", " ")] = maker(batch_size)
        except ImportError as missing:
            print(f"{name}: not measured, {missing.name} is not installed")
    return found


def main():
    warnings.filterwarnings("ignore")
    per_sample = available(
        ours=(ours, 1), textbook_loop=(textbook, 1), PyTorch_eager=(pytorch, 1), scikit_learn=(scikit_learn, 1),
        compiled_jax_scan=(jax_scan, 1),
    )  # fmt: skip
    updates = dict.fromkeys(per_sample, 1024) | {"ours": 8192, "textbook loop": 2048, "compiled jax scan": 4096}
    table("Per-sample SGD", race(per_sample, updates, 1))
    for batch_size in (32, 128):
        contenders = available(
            ours=(ours, batch_size), PyTorch_eager=(pytorch, batch_size), scikit_learn=(scikit_learn, batch_size),
            the_matrix_products_alone=(products, batch_size),
        )  # fmt: skip
        steps = {name: max(128, 16_384 // batch_size) for name in contenders}
        table(f"Mini-batches of {batch_size}", race(contenders, steps, batch_size))

    def read(step):
        for trace, grad in zip(step.traces, step.grads, strict=True):
            trace.z, trace.a, grad.dz, grad.db  # noqa: B018

    def read_dense(step):
        read(step)
        step.grads[0].dW  # noqa: B018

    hooked = {
        "ours": ours(1),
        "hook on every update": ours(1, [read]),
        "hook on every 100th": ours(1, [every(100, read)]),
        "hook reading the first dW, every one": ours(1, [read_dense]),
    }
    best = race(hooked, {"ours": 8192}, 1)
    print("\nHooks, per-sample SGD")
    for name, speed in best.items():
        print(f"  {name:<38}{speed:>10,.0f} samples/s   {speed / best['ours']:>6.1%} of the speed without")


if __name__ == "__main__":
    main()
