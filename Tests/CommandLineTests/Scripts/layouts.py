"""Small data sets in the layouts of published ones, written with the libraries that people use, and scores by NumPy.

layouts.py write FOLDER            writes FOLDER/NAME for every layout of launch/recipes/layouts that is here
layouts.py score FOLDER NAME DIR   prints as JSON what predictions of NAME's validation samples, saved in DIR, score
"""

import json
import os
import sys

import h5py
import hdf5storage
import numpy as np
import scipy.io
from PIL import Image

HEIGHT, WIDTH = 36, 44
TRAIN, VALIDATION = 4, 3
CITYSCAPES = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]


class Scene:
    """A picture with its truth: smooth depth, normals, and rectangles of classes."""

    def __init__(self, seed, classes):
        random = np.random.default_rng(seed)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
        self.image = random.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        self.classes = (rows // 9 + columns // 11 + seed) % classes
        self.unknown = random.random((HEIGHT, WIDTH)) < 0.1
        self.depth = (1 + rows * 0.05 + columns * 0.02 + seed * 0.1).astype(np.float32)
        x, y = 0.5 * np.sin(columns / 7 + seed), 0.5 * np.cos(rows / 5)
        self.normals = np.stack([x, y, np.sqrt(1 - x * x - y * y)], axis=2).astype(np.float32)
        boundary = np.zeros((HEIGHT, WIDTH), bool)
        boundary[:, 1:] |= self.classes[:, 1:] != self.classes[:, :-1]
        boundary[1:] |= self.classes[1:] != self.classes[:-1]
        self.boundary = boundary


def scenes(classes):
    return [Scene(seed, classes) for seed in range(TRAIN + VALIDATION)]


def save(array, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if path.endswith(".npy"):
        np.save(path, array)
    else:
        Image.fromarray(array).save(path, **({"quality": 95} if path.endswith(".jpg") else {}))


def write_list(path, names):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("".join(name + "\n" for name in names))


def split(index):
    return "train" if index < TRAIN else "val"


# Cityscapes: 8-bit labelIds, 16-bit disparities.


def cityscapes_name(index):
    city = ["aachen", "zurich"][index % 2]
    return f"{split(index)}/{city}/{city}_{index:06d}_000019"


def write_cityscapes(root):
    for index, scene in enumerate(scenes(19)):
        name = cityscapes_name(index)
        save(scene.image, f"{root}/leftImg8bit/{name}_leftImg8bit.png")
        ids = np.where(scene.unknown, 3, np.array(CITYSCAPES)[scene.classes])
        save(ids.astype(np.uint8), f"{root}/gtFine/{name}_gtFine_labelIds.png")
        disparity = 20 + 80 * np.sin(scene.depth) ** 2
        stored = np.where(scene.unknown, 0, np.round(disparity * 256 + 1))
        save(stored.astype(np.uint16), f"{root}/disparity/{name}_disparity.png")


def truth_cityscapes(root, index):
    name = cityscapes_name(index)
    ids = np.array(Image.open(f"{root}/gtFine/{name}_gtFine_labelIds.png")).astype(int)
    classes = np.full(ids.shape, -1)
    for number, label in enumerate(CITYSCAPES):
        classes[ids == label] = number
    stored = np.array(Image.open(f"{root}/disparity/{name}_disparity.png")).astype(np.float64)
    disparity = np.where(stored > 0, (stored - 1) / 256, 0)
    depth = np.where(disparity > 0, 127396 / 256 / np.maximum(disparity, 1e-9), 0)
    return name, {"semseg": (classes, 19), "depth": np.where(depth > 80, 0, depth)}


# NYUDv2 of ATRC: PNG of labels from 1 on, of edges and of normals; depth in metres.


def write_nyud_atrc(root):
    for index, scene in enumerate(scenes(40)):
        save(scene.image, f"{root}/images/{index}.png")
        save(np.where(scene.unknown, 0, scene.classes + 1).astype(np.uint8), f"{root}/segmentation/{index}.png")
        save((scene.boundary * 255).astype(np.uint8), f"{root}/edge/{index}.png")
        save(np.round((scene.normals + 1) * 127.5).astype(np.uint8), f"{root}/normals/{index}.png")
        save(np.where(scene.unknown, 0, scene.depth), f"{root}/depth/{index}.npy")
    write_list(f"{root}/gt_sets/train.txt", [f"{index}" for index in range(TRAIN)])
    write_list(f"{root}/gt_sets/val.txt", [f"{index}" for index in range(TRAIN, TRAIN + VALIDATION)])


def truth_nyud_atrc(root, index):
    classes = np.array(Image.open(f"{root}/segmentation/{index}.png")).astype(int) - 1
    normals = 2 * np.array(Image.open(f"{root}/normals/{index}.png")).astype(np.float64) / 255 - 1
    edge = np.array(Image.open(f"{root}/edge/{index}.png")).astype(np.float64) / 255
    depth = np.load(f"{root}/depth/{index}.npy").astype(np.float64)
    return f"{index}", {"semseg": (classes, 40), "normals": normals, "edge": edge, "depth": depth}


# NYUv2 of mtan and LibMTL: arrays, -1 where no class is known.


def write_nyud_mtan(root):
    for index, scene in enumerate(scenes(13)):
        folder, number = f"{root}/{split(index)}", index if index < TRAIN else index - TRAIN
        save(scene.image / 255.0, f"{folder}/image/{number}.npy")
        save(np.where(scene.unknown, -1, scene.classes).astype(np.float32), f"{folder}/label/{number}.npy")
        save(np.where(scene.unknown, 0, scene.depth)[:, :, None], f"{folder}/depth/{number}.npy")
        save(np.where(scene.unknown[:, :, None], 0, scene.normals), f"{folder}/normal/{number}.npy")


def truth_nyud_mtan(root, index):
    name = f"val/{index - TRAIN}"
    read = lambda task: np.load(f"{root}/val/{task}/{index - TRAIN}.npy").astype(np.float64)
    return name, {"semseg": (read("label").astype(int), 13), "depth": read("depth")[:, :, 0], "normals": read("normal")}


# BSDS500: a MAT file of all annotators; what is trained on is the share of them.


def write_bsds500(root):
    for index, scene in enumerate(scenes(6)):
        place = f"{split(index)}/{100 + index}"
        save(scene.image, f"{root}/images/{place}.jpg")
        annotators = np.empty((1, 3), object)
        maps = [scene.boundary, np.roll(scene.boundary, 1, axis=1), scene.boundary]
        for number, boundaries in enumerate(maps):
            kind = [("Segmentation", object), ("Boundaries", object)]
            annotators[0, number] = np.array([[(scene.classes.astype(np.uint16), boundaries.astype(np.uint8))]], kind)
        path = f"{root}/groundTruth/{place}.mat"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        scipy.io.savemat(path, {"groundTruth": annotators}, do_compression=True)
        stored = scipy.io.loadmat(path)["groundTruth"]
        share = np.mean([stored[0, number]["Boundaries"][0, 0] for number in range(3)], axis=0)
        save(np.round(share * 255).astype(np.uint8), f"{root}/edge/{place}.png")


def truth_bsds500(root, index):
    name = f"val/{100 + index}"
    return name, {"edge": np.array(Image.open(f"{root}/edge/{name}.png")).astype(np.float64) / 255}


# NYU's own file of MATLAB, beside splits and 40 classes from elsewhere.


def write_nyud_labeled(root):
    os.makedirs(root, exist_ok=True)
    all_scenes = scenes(40)
    arrays = {
        "images": np.stack([scene.image for scene in all_scenes], axis=3),
        "depths": np.stack([scene.depth for scene in all_scenes], axis=2),
        "labels": np.stack([scene.classes for scene in all_scenes], axis=2).astype(np.uint16),
    }
    path = f"{root}/nyu_depth_v2_labeled.mat"
    hdf5storage.savemat(path, arrays, format="7.3", oned_as="column", store_python_metadata=False)
    with h5py.File(path, "r") as file:
        count = TRAIN + VALIDATION
        assert file["images"].shape == (count, 3, WIDTH, HEIGHT), file["images"].shape
        assert file["depths"].shape == (count, WIDTH, HEIGHT), file["depths"].shape
    numbers = np.arange(1, TRAIN + VALIDATION + 1, dtype=np.float64)[:, None]
    scipy.io.savemat(f"{root}/splits.mat", {"trainNdxs": numbers[:TRAIN], "testNdxs": numbers[TRAIN:]})
    labels = np.stack([np.where(s.unknown, 0, s.classes + 1) for s in all_scenes], axis=2).astype(np.uint8)
    scipy.io.savemat(f"{root}/labels40.mat", {"labels40": labels}, do_compression=True)
    np.save(f"{root}/labels40.npy", scipy.io.loadmat(f"{root}/labels40.mat")["labels40"])


def truth_nyud_labeled(root, index):
    with h5py.File(f"{root}/nyu_depth_v2_labeled.mat", "r") as file:
        depth = file["depths"][index].T.astype(np.float64)
    classes = scipy.io.loadmat(f"{root}/labels40.mat")["labels40"][:, :, index].astype(int) - 1
    return f"{index + 1}", {"semseg": (classes, 40), "depth": depth}


LAYOUTS = {
    "cityscapes": (write_cityscapes, truth_cityscapes),
    "nyud-atrc": (write_nyud_atrc, truth_nyud_atrc),
    "nyud-mtan": (write_nyud_mtan, truth_nyud_mtan),
    "bsds500": (write_bsds500, truth_bsds500),
    "nyud-labeled": (write_nyud_labeled, truth_nyud_labeled),
}


def score(root, name, predictions):
    truths = [LAYOUTS[name][1](f"{root}/{name}", index) for index in range(TRAIN, TRAIN + VALIDATION)]
    figures = {}
    for task in truths[0][1]:
        pairs = []
        for identifier, truth in truths:
            path = f"{predictions}/{task}/{identifier}"
            saved = np.array(Image.open(path + ".png")) if task == "semseg" else np.load(path + ".npy")
            pairs.append((truth[task], saved))
        figures[task] = {
            "semseg": score_classes, "depth": score_depth, "normals": score_normals, "edge": score_edges}[task](pairs)
    return figures


def score_classes(pairs):
    count = pairs[0][0][1]
    confusion = np.zeros((count, count))
    for (truth, _), answer in pairs:
        known = truth >= 0
        np.add.at(confusion, (truth[known], answer[known].astype(int)), 1)
    hits, both = np.diag(confusion), confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    return {"mean_iou": np.mean(hits / np.maximum(both, 1)), "pixel_accuracy": hits.sum() / confusion.sum()}


def score_depth(pairs):
    truth = np.concatenate([truth[truth > 0] for truth, _ in pairs])
    answer = np.concatenate([answer[truth > 0] for truth, answer in pairs]).astype(np.float64)
    answer = np.where(answer > 0, answer, 1e-9)
    return {"rmse": np.sqrt(np.mean((answer - truth) ** 2)), "abs_rel": np.mean(np.abs(answer - truth) / truth)}


def score_normals(pairs):
    angles = []
    for truth, answer in pairs:
        answer = np.moveaxis(answer, 0, -1).astype(np.float64)
        length = np.linalg.norm(truth, axis=2)
        known = length >= 0.1
        cosine = (truth * answer).sum(2)[known] / (length * np.linalg.norm(answer, axis=2))[known]
        angles.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return {"mean_angular_error": np.mean(np.concatenate(angles))}


def score_edges(pairs):
    truth = np.concatenate([truth.ravel() > 0.5 for truth, _ in pairs])
    answer = np.concatenate([1 / (1 + np.exp(-answer.astype(np.float64).ravel())) for _, answer in pairs])
    best = 0.0
    for threshold in range(1, 100):
        found = answer > threshold / 100
        hits = np.sum(found & truth)
        best = max(best, 2 * hits / max(found.sum() + truth.sum(), 1))
    return {"max_f_of_pixels": best}


if __name__ == "__main__":
    if sys.argv[1] == "write":
        for name, (write, _) in LAYOUTS.items():
            write(f"{sys.argv[2]}/{name}")
    else:
        print(json.dumps(score(*sys.argv[2:5])))
