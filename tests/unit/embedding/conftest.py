import json

import pytest

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "patch_size": 16, "head_width": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
PREPROCESS = {"size": [32, 32], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """A folder with a real open_clip model of random weights."""
    import open_clip
    import torch
    from safetensors.torch import save_file  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("clip") / "tiny-clip"
    folder.mkdir()
    torch.manual_seed(0)
    model = open_clip.CLIP(
        CONFIG["embed_dim"],
        open_clip.CLIPVisionCfg(**CONFIG["vision_cfg"]),
        open_clip.CLIPTextCfg(**CONFIG["text_cfg"]),
    )
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": CONFIG, "preprocess_cfg": PREPROCESS})
    )
    return folder
