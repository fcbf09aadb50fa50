"""Models of several kinds behind one endpoint: scikit-learn, XGBoost, and ONNX by a class of one's own."""

from collections.abc import Callable

import pytest

from tests.cluster.charts import model_client
from tests.cluster.charts.model_client import MODEL, Client
from tests.cluster.charts.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
REPOSITORY, TAG = "seldonio/mlserver", "1.7.1-runtimes"
IMAGE = {"repository": REPOSITORY, "tag": TAG}
# Both say 3 x0 + 30 x1; the trees do so where they have learned it.
MAKE = """
import os, numpy, onnx, xgboost
from onnx import TensorProto, helper

os.makedirs("/claim/trees", exist_ok=True)
x = numpy.array([[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)] * 50)
trees = xgboost.XGBRegressor(n_estimators=200, max_depth=3, learning_rate=0.3, reg_lambda=0.0).fit(x, x @ [3.0, 30.0])
trees.save_model("/claim/trees/model.json")

os.makedirs("/claim/onnx", exist_ok=True)
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "plane",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
    [helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [3.0, 30.0])],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "/claim/onnx/model.onnx")
with open("/claim/onnx/onnxmodel.py", "w") as file:
    file.write(RUNTIME)
"""
RUNTIME = """
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse
from mlserver.utils import get_model_uri


class OnnxModel(MLModel):
    async def load(self):
        path = await get_model_uri(self.settings, wellknown_filenames=["model.onnx"])
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload):
        given = NumpyCodec.decode_input(payload.inputs[0]).astype("float32")
        [found] = self.session.run(None, {"x": given})
        output = NumpyCodec.encode_output("y", found.reshape(-1))
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=[output])
"""


def test_models_of_several_kinds_answer_under_one_endpoint(release: Callable[[str, str], Release]) -> None:
    made = release("kinds", "model-server")
    model_client.train(made, f"docker.io/{REPOSITORY}:{TAG}", more=f"RUNTIME = {RUNTIME!r}\n{MAKE}")
    kinds = [
        {"version": "sklearn", "weight": 40, "claim": "trained", "path": "1/model.joblib"},
        {"version": "xgboost", "weight": 30, "claim": "trained", "path": "trees/model.json", "image": IMAGE,
         "implementation": "mlserver_xgboost.XGBoostModel"},
        {"version": "onnx", "weight": 30, "claim": "trained", "path": "onnx", "image": IMAGE,
         "implementation": "onnxmodel.OnnxModel"},
    ]  # fmt: skip
    made.bring_up({
        "modelName": MODEL, "models": kinds,
        "resources": {"cpu": "20m", "memory": "512Mi"}, "router": {"resources": {"cpu": "10m", "memory": "48Mi"}},
        "service": {"type": "NodePort"}, "networkPolicy": {"clients": "anywhere"},
    })  # fmt: skip
    asked = Client(model_client.address(made))
    for version, value in (("sklearn", 11.0), ("xgboost", 33.0), ("onnx", 33.0)):
        assert asked.infer(version=version) == (version, [pytest.approx(value, abs=0.05)])
    seen = {asked.infer()[0] for _ in range(40)}
    assert seen == {"sklearn", "xgboost", "onnx"}
