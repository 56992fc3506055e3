# Trains random models with whatever XGBoost is installed: every objective, booster and tree method, categories, missing values, odd names, odd base scores.
# usage: random_models.py FOLDER SEED COUNT     cases.json, and for each case SEED.json SEED.ubj and .f32 files: rows, margins, answers, best, contributions
import json
import sys

import numpy as np
import xgboost as xgb

folder, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
NAMES = ["a b", "päris", 'x"y', "back\\slash", "tab\tx", "😀", "__proto__", "constructor", "NaN", "a, Infinity ,b", "it's", "x=1", "{}", "", "q;w", "toString", "n", "o", "p", "r"]
POSITIVE = ["reg:tweedie", "reg:gamma", "count:poisson", "survival:cox"]
OBJECTIVES = ["binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic", "reg:squarederror", "reg:squaredlogerror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror", *POSITIVE,
              "multi:softprob", "multi:softmax", "rank:pairwise", "rank:ndcg", "rank:map", "targets"]
ODD = np.array([np.nan, 0.0, -0.0, 1, 7, 3e38, -3e38, 1e-40, 0.5], dtype=np.float32)


def columns(r, n, width):
    x = r.normal(size=(n, width)).astype(np.float32)
    for j in range(width):
        kind = r.integers(0, 9)
        if kind == 0: x[:, j] = np.floor(np.exp(x[:, j]))
        if kind == 1: x[:, j] = 7
        if kind == 2: x[:, j] = np.nan
        if kind == 3: x[r.random(n) < 0.9, j] = np.nan
        if kind == 4: x[:, j] *= np.float32(1e30)
        if kind == 5: x[:, j] *= np.float32(1e-40)
        if kind == 6: x[:, j] = np.where(r.random(n) < 0.5, 1, np.nan)
        if kind == 7: x[:, j] = np.round(x[:, j] * 3) / 3
    return x


def labels(r, objective, z):
    n = len(z)
    if objective.startswith("binary"): return z > np.median(z)
    if objective == "reg:logistic": return 1 / (1 + np.exp(-z))
    if objective == "count:poisson": return np.floor(np.abs(z)) + 1
    if objective in POSITIVE or objective == "reg:squaredlogerror": return np.abs(z) + 0.1
    if objective.startswith("multi"): return np.arange(n) % 3
    if objective.startswith("rank"): return z > 0
    return np.stack([z, -z], 1) if objective == "targets" else z


def parameters(r, objective, categorical, width):
    p = dict(nthread=1, objective="reg:squarederror" if objective == "targets" else objective, booster=str(r.choice(["gbtree", "dart", "gblinear"], p=[0.78, 0.17, 0.05])))
    if objective.startswith("multi"): p["num_class"] = 3
    if objective == "reg:quantileerror": p["quantile_alpha"] = float(r.choice([0.1, 0.5, 0.9]))
    if r.random() < 0.4:
        usual = [0.5, 1e-5, 0.9999] if objective in ("binary:logistic", "reg:logistic") else [0.5, 1.0, 123.456, 3e6] + ([] if objective in POSITIVE else [0.0, -5.5, 1e9, 123456784.0, -1e-20])
        p["base_score"] = float(r.choice(usual))
    if p["booster"] == "gblinear": return p
    p.update(max_depth=int(r.choice([0, 1, 2, 6, 20])), tree_method=str(r.choice(["hist", "approx"] if categorical else ["hist", "hist", "exact", "approx"])), eta=float(r.choice([0.01, 0.3, 1])))
    p.update(reg_lambda=float(r.choice([0, 1, 10])), min_child_weight=float(r.choice([0, 1, 10])))
    if p["tree_method"] == "exact": p["max_depth"] = max(p["max_depth"], 1)
    elif r.random() < 0.25: p.update(grow_policy="lossguide", max_leaves=int(r.choice([0, 4, 31, 300])))
    if r.random() < 0.2: p.update(num_parallel_tree=int(r.integers(2, 5)), subsample=0.7)
    if r.random() < 0.2 and not categorical: p["monotone_constraints"] = str(tuple(int(v) for v in r.integers(-1, 2, width)) if width > 1 else "(1)")
    if categorical: p["max_cat_to_onehot"] = int(r.choice([1, 4, 100]))
    if r.random() < 0.3: p["gamma"] = float(r.choice([0.01, 1, 10]))
    if p["booster"] == "dart": p.update(rate_drop=0.3, normalize_type=str(r.choice(["tree", "forest"])))
    return p


def case(seed):
    r = np.random.default_rng(seed)
    n, width = int(r.choice([1, 5, 60, 400, 2000])), int(r.choice([1, 3, 8, 20]))
    x = columns(r, n, width)
    categorical = bool(r.random() < 0.3)
    types = ["float"] * width
    for j in range(width):
        if not categorical or r.random() < 0.4: continue
        types[j] = "c"
        x[:, j] = r.integers(0, int(r.choice([2, 5, 40, 300])), n)
        x[r.random(n) < 0.1, j] = np.nan
    z = np.clip(np.nan_to_num(x).astype(float), -5, 5) @ r.normal(size=width) + np.isnan(x) @ r.normal(size=width) + 0.3 * r.normal(size=n)
    objective = str(r.choice(OBJECTIVES))
    y = np.asarray(labels(r, objective, z), dtype=np.float32)
    p = parameters(r, objective, categorical, width)
    names = [str(name) for name in r.permutation(NAMES)[:width]] if r.random() < 0.5 else None
    matrix = lambda values, label=None: xgb.DMatrix(values, label, feature_names=names, feature_types=types, enable_categorical=categorical)
    d = matrix(x, y)
    if objective.startswith("rank"): d.set_group([n])
    elif r.random() < 0.1: d.set_weight(r.integers(0, 3, n).astype(np.float32) + (np.arange(n) == 0))
    more = {}
    if r.random() < 0.2 and p["booster"] != "gblinear" and n > 50 and objective != "targets":
        later = matrix(x[: n // 2], y[: n // 2][::-1].copy())
        if objective.startswith("rank"): later.set_group([n // 2])
        more = dict(evals=[(later, "later")], early_stopping_rounds=3, verbose_eval=False)
    booster = xgb.train(p, d, int(r.choice([1, 2, 10, 30])), **more)
    for kind in ("json", "ubj"): booster.save_model(f"{folder}/{seed}.{kind}")
    asked = x[r.integers(0, n, 200)].copy()
    for j in range(width):
        rows = r.random(200) < 0.3
        asked[rows, j] = r.choice([np.nan, 0, 1, 7, 299, 400, 39], rows.sum()) if types[j] == "c" else r.choice(ODD, rows.sum())
    t = matrix(asked)
    booster = xgb.Booster(dict(nthread=1), model_file=f"{folder}/{seed}.json")
    keep = lambda what, values: np.asarray(values, dtype="<f4").tofile(f"{folder}/{seed}.{what}.f32")
    everything = dict(iteration_range=(0, 0))
    keep("rows", asked)
    keep("margins", booster.predict(t, output_margin=True, **everything))
    keep("answers", booster.predict(t, **everything))
    best = booster.attr("best_iteration")
    if best is not None: keep("best", booster.predict(t, output_margin=True, iteration_range=(0, int(best) + 1)))
    if p["booster"] == "gbtree": keep("contributions", booster.predict(t, pred_contribs=True, **everything))
    return dict(seed=seed, width=width, names=names, stopped=best is not None, contributions=p["booster"] == "gbtree", what=json.dumps(dict(p, rows=n, categorical=categorical)))


cases = []
for seed in range(first, first + count):
    try:
        cases.append(case(seed))
    except (xgb.core.XGBoostError, ValueError):
        pass  # what this version does not train
json.dump(dict(version=xgb.__version__, cases=cases), open(f"{folder}/cases.json", "w"))
