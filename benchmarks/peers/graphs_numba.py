"""Diehl & Cook's network in Numba: loops over the spikes there are, one sample after the other."""

import numpy as np
from numba import njit

STEPS, F = 250, np.float32
LEAK_E, LEAK_I, FADE = F(np.exp(-1 / 100)), F(np.exp(-1 / 10)), F(np.exp(-1 / 20))


@njit(fastmath=True)
def train(images, w, theta, counts, random):
    """Learn from images [samples, inputs]; counts [samples, neurons] gets the spikes."""
    inputs, neurons = w.shape
    fades = np.empty(STEPS + 1, F)
    fades[0] = 1
    for k in range(STEPS):
        fades[k + 1] = fades[k] * FADE
    v, current = np.empty(neurons, F), np.empty(neurons, F)
    y, closed = np.empty(neurons, F), np.empty(neurons, F)
    u, arriving, closed_i = np.empty(neurons, F), np.empty(neurons, F), np.empty(neurons, F)
    active, spiking = np.empty(inputs, np.int64), np.empty(inputs, np.int64)
    fired, last = np.empty(neurons, np.int64), np.empty(inputs, np.int64)
    for sample in range(images.shape[0]):
        v[:], u[:], last[:] = -65, -60, -1
        current[:], y[:], closed[:], arriving[:], closed_i[:] = 0, 0, 0, 0, 0
        number = 0
        for i in range(inputs):
            if images[sample, i]:
                active[number] = i
                number += 1
        learns = False
        for t in range(STEPS):
            winners, inhibited = 0, False
            for j in range(neurons):
                now = LEAK_E * (v[j] + F(65)) - F(65)
                if closed[j] <= 0:
                    now += current[j]
                closed[j] -= F(1)
                y[j] *= FADE
                current[j] = 0
                v[j] = now
                winners += now >= F(-52) + theta[j]
            for j in range(neurons):
                now = LEAK_I * (u[j] + F(60)) - F(60)
                if closed_i[j] <= 0:
                    now += arriving[j]
                closed_i[j] -= F(1)
                arriving[j] = 0
                u[j] = now
                inhibited |= now >= F(-40)
            if winners:
                winners = 0
                for j in range(neurons):
                    if v[j] >= F(-52) + theta[j]:
                        fired[winners] = j
                        winners += 1
                        v[j], closed[j] = -60, 5
                        theta[j] += F(0.05)
                if winners > 1:
                    fired[0], winners = fired[int(random.random() * winners)], 1
                j = fired[0]
                y[j], arriving[j], learns = 1, 22.5, True
                counts[sample, j] += 1
            if inhibited:
                total = F(0)
                for j in range(neurons):
                    if u[j] >= F(-40):
                        u[j], closed_i[j] = -45, 2
                        current[j] += F(120)
                        total += F(120)
                for j in range(neurons):
                    current[j] -= total
            count = 0
            for k in range(number):
                i = active[k]
                if random.random() < images[sample, i] * F(0.128 / 255):
                    spiking[count], last[i] = i, t
                    count += 1
            if winners:
                j = fired[0]
                for k in range(number):
                    i = active[k]
                    if last[i] >= 0:
                        w[i, j] = min(w[i, j] + F(1e-2) * fades[t - last[i]], F(1))
            for k in range(count):
                i = spiking[k]
                for j in range(neurons):
                    if learns:
                        w[i, j] = max(w[i, j] - F(1e-4) * y[j], F(0))
                    current[j] += w[i, j]
        y[:] = 0
        for i in range(inputs):
            for j in range(neurons):
                y[j] += w[i, j]
        for i in range(inputs):
            for j in range(neurons):
                w[i, j] *= F(78.4) / y[j]
