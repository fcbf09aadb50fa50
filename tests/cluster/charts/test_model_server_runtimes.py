"""Models of several kinds behind one endpoint: scikit-learn, XGBoost, ONNX by a class of one's own, one in an image."""

from collections.abc import Callable

import numpy
import pytest
import tritonclient.http as triton

from tests.cluster.charts import model_client
from tests.cluster.charts.model_client import MODEL, Client
from tests.cluster.charts.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
REPOSITORY, TAG = "seldonio/mlserver", "1.7.1-runtimes"
IMAGE = {"repository": REPOSITORY, "tag": TAG}
KINDS = [
    {"version": "sklearn", "weight": 40, "claim": "trained", "path": "1/model.joblib"},
    {"version": "xgboost", "weight": 30, "claim": "trained", "path": "trees/model.json", "image": IMAGE,
     "implementation": "mlserver_xgboost.XGBoostModel"},
    {"version": "onnx", "weight": 30, "claim": "trained", "path": "onnx", "image": IMAGE,
     "implementation": "onnxmodel.OnnxModel"},
    {"version": "inside", "weight": 0, "image": {"repository": "anywhere/plane", "tag": "1"},
     "path": "/models/plane/model.joblib"},
]  # fmt: skip
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


@pytest.fixture(scope="module")
def kinds(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share."""
    made = release("kinds", "model-server")
    model_client.train(made, f"docker.io/{REPOSITORY}:{TAG}", more=f"RUNTIME = {RUNTIME!r}\n{MAKE}")
    made.bring_up({
        "modelName": MODEL, "models": KINDS,
        "resources": {"cpu": "20m", "memory": "512Mi"}, "router": {"resources": {"cpu": "10m", "memory": "48Mi"}},
        "service": {"type": "NodePort"}, "networkPolicy": {"clients": "anywhere"},
    })  # fmt: skip
    return made


def test_models_of_several_kinds_answer_under_one_endpoint(kinds: Release) -> None:
    asked = Client(model_client.address(kinds))
    for version, value in (("sklearn", 11.0), ("xgboost", 33.0), ("onnx", 33.0)):
        assert asked.infer(version=version) == (version, [pytest.approx(value, abs=0.05)])
    seen = {asked.infer()[0] for _ in range(40)}
    assert seen == {"sklearn", "xgboost", "onnx"}


def test_a_model_inside_an_image_is_served(kinds: Release) -> None:
    assert Client(model_client.address(kinds)).infer(version="inside") == ("inside", [pytest.approx(77.0)])
    [pod] = kinds.pods("version-inside")
    assert pod.spec.containers[0].image == "docker.io/anywhere/plane:1"
    assert not pod.spec.init_containers and "models" not in {volume.name for volume in pod.spec.volumes}


def test_a_client_of_the_protocol_by_others_is_answered(kinds: Release) -> None:
    """Triton's client speaks V2; it is told to send numbers as JSON, as MLServer does not read its binary form."""
    asked = triton.InferenceServerClient(model_client.address(kinds).removeprefix("http://"), network_timeout=60)
    assert asked.is_server_live() and asked.is_server_ready() and asked.is_model_ready(MODEL)
    assert asked.get_model_metadata(MODEL, "sklearn")["name"] == MODEL
    given = triton.InferInput("x", [2, 2], "FP64")
    given.set_data_from_numpy(numpy.array([[1.0, 1.0], [2.0, 0.0]]), binary_data=False)
    for version, values in (("sklearn", [11.0, 2.0]), ("inside", [77.0, 14.0])):
        answer = asked.infer(MODEL, [given], model_version=version)
        assert answer.get_response()["model_version"] == version
        assert answer.as_numpy("predict").reshape(-1) == pytest.approx(values)
    with pytest.raises(triton.InferenceServerException):
        asked.infer(MODEL, [given], model_version="none")
    asked.close()
