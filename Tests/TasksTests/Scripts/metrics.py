"""Figures of made-up outputs, computed by NumPy and scikit-learn: writes ../Fixtures/metrics.json.

    python3 metrics.py        (numpy 2, scikit-learn 1.6 or newer)
"""

import json
import pathlib

import numpy as np
from sklearn import metrics

random = np.random.default_rng(13)
SIZES = [(5, 6), (4, 7), (6, 5)]


def maps(draw):
    """One float32 map for each size, of values that three decimals name exactly."""
    return [np.round(draw(*size), 3).astype(np.float32) for size in SIZES]


def pooled(values):
    return np.concatenate([value.reshape(-1, *value.shape[2:]) for value in values]).astype(np.float64)


def listed(values):
    """Samples as lists of their values, row-major and channels last; what is no number is null."""
    return [
        {
            "height": value.shape[0],
            "width": value.shape[1],
            "values": [None if np.isnan(x) else round(float(x), 3) for x in value.flatten()],
        }
        for value in values
    ]


def classes():
    count = 5  # Class 4 occurs nowhere.
    labels = maps(lambda h, w: random.choice([0, 0, 0, 1, 2, 3, 255], (h, w)))
    predictions = maps(lambda h, w: random.choice([0, 0, 1, 2, 3], (h, w)))
    truth, prediction = pooled(labels), pooled(predictions)
    known = truth != 255
    truth, prediction = truth[known].astype(int), prediction[known].astype(int)
    names = list(range(count))
    per_class = dict(labels=names, average=None, zero_division=0)
    iou = metrics.jaccard_score(truth, prediction, **per_class)
    frequency = np.bincount(truth, minlength=count) / truth.size
    return {
        "outputs": listed(predictions),
        "labels": listed(labels),
        "figures": {
            "mean_iou": float(iou.mean()),
            "mean_iou_of_occurring_classes": float(iou[:4].mean()),
            "pixel_accuracy": float(metrics.accuracy_score(truth, prediction)),
            "frequency_weighted_iou": float((frequency * iou).sum()),
        },
        "parts": {
            "iou": iou.tolist(),
            "precision": metrics.precision_score(truth, prediction, **per_class).tolist(),
            "recall": metrics.recall_score(truth, prediction, **per_class).tolist(),
        },
        "confusion": metrics.confusion_matrix(truth, prediction, labels=names).tolist(),
    }


def scores():
    channels = 3
    labels = maps(lambda h, w: random.choice([0, 0, 0, 1, 255], (h, w, channels)))
    for label in labels:
        label[..., 2][label[..., 2] == 1] = 0  # Nothing is positive in the last channel.
    outputs = [
        np.round(random.normal(0, 3, label.shape) + np.where(label == 1, 2, -1), 3).astype(np.float32)
        for label in labels
    ]
    truth, output = pooled(labels), pooled(outputs)
    precisions, exact, largest = [], [], []
    for channel in range(channels):
        known = truth[:, channel] != 255
        t, s = truth[known, channel], output[known, channel]
        if not t.any():
            precisions.append(0.0), exact.append(0.0), largest.append(0.0)
            continue
        levels = np.floor(np.clip((s.astype(np.float32) + np.float32(16)) * np.float32(32), 0, 1023))
        precisions.append(metrics.average_precision_score(t, levels))
        exact.append(metrics.average_precision_score(t, s))
        probability = 1 / (1 + np.exp(-s))
        largest.append(max(metrics.f1_score(t, probability > k / 100, zero_division=0) for k in range(1, 100)))
    return {
        "outputs": listed(outputs),
        "labels": listed(labels),
        "figures": {
            "max_f_of_pixels": float(np.mean(largest)),
            "average_precision_of_pixels": float(np.mean(precisions)),
        },
        "parts": {
            "max_f_of_pixels": [float(x) for x in largest],
            "average_precision_of_pixels": [float(x) for x in precisions],
            "unrounded_average_precision": [float(x) for x in exact],
        },
    }


def distances():
    labels = maps(lambda h, w: random.uniform(0.5, 9, (h, w)) * (random.random((h, w)) > 0.15))
    outputs = [
        np.round(label * np.exp(random.normal(0.1, 0.3, label.shape)) + (label == 0), 3).astype(np.float32)
        for label in labels
    ]
    outputs[0][0, :2] = -1  # Not above 0: 1e-9 m.
    truth, output = pooled(labels), pooled(outputs)
    smallest = float(np.float32(1e-9))
    t, p = truth[truth > 0], np.where(output <= 0, smallest, output)[truth > 0]
    ratio = np.maximum(p / t, t / p)
    spreads = []
    for label, out in zip(labels, outputs):
        known = label > 0
        d = np.log(np.where(out <= 0, smallest, out.astype(np.float64))[known]) - np.log(label[known].astype(np.float64))
        spreads.append(np.std(d))
    return {
        "outputs": listed(outputs),
        "labels": listed(labels),
        "figures": {
            "rmse": float(metrics.root_mean_squared_error(t, p)),
            "log_rmse": float(metrics.root_mean_squared_error(np.log(t), np.log(p))),
            "abs_rel": float(np.mean(np.abs(p - t) / t)),
            "sq_rel": float(np.mean((p - t) ** 2 / t)),
            "within_1.25": float(np.mean(ratio < 1.25)),
            "within_1.25_squared": float(np.mean(ratio < 1.25**2)),
            "within_1.25_cubed": float(np.mean(ratio < 1.25**3)),
            "silog": float(np.mean(spreads)),
        },
    }


def values():
    channels = 3
    # The second channel lies far from 0: sums of its squares have no digit left for its spread.
    offsets, scales = np.array([0, 90000, -3]), np.array([1, 20, 0.5])
    labels = maps(lambda h, w: offsets + scales * random.normal(size=(h, w, channels)))
    outputs = [
        np.round(label + scales * random.normal(0, 0.5, label.shape), 3).astype(np.float32) for label in labels
    ]
    labels = [np.round(label, 1).astype(np.float32) for label in labels]
    outputs = [np.round(output, 1).astype(np.float32) for output in outputs]
    for label in labels:
        label[random.random(label.shape) < 0.2] = np.nan
    labels[1][..., 2] = np.nan  # One picture knows nothing of the last channel.
    truth, output = pooled(labels), pooled(outputs)
    parts = {"rmse": [], "mae": [], "r2": []}
    for channel in range(channels):
        known = ~np.isnan(truth[:, channel])
        t, p = truth[known, channel], output[known, channel]
        parts["rmse"].append(float(metrics.root_mean_squared_error(t, p)))
        parts["mae"].append(float(metrics.mean_absolute_error(t, p)))
        parts["r2"].append(float(metrics.r2_score(t, p)))
    known = ~np.isnan(truth)
    whole = known.all(axis=1)
    return {
        "outputs": listed(outputs),
        "labels": listed(labels),
        "figures": {
            "rmse": float(metrics.root_mean_squared_error(truth[known], output[known])),
            "mae": float(metrics.mean_absolute_error(truth[known], output[known])),
            "r2": float(np.mean(parts["r2"])),
            "end_point_error": float(np.linalg.norm(output[whole] - truth[whole], axis=1).mean()),
        },
        "parts": parts,
        "means": [float(np.nanmean(truth[:, channel])) for channel in range(channels)],
    }


kinds = {"classes": classes(), "scores": scores(), "distances": distances(), "values": values()}
path = pathlib.Path(__file__).parent.parent / "Fixtures" / "metrics.json"
path.write_text(json.dumps(kinds, separators=(",", ":")) + "\n")
