"""Single-file checkpoints: the names that the families' original code gave to the same weights.

diffusers reads these names; this is the way back, written for the tiny pipelines of ``families``.
"""

import re
from pathlib import Path
from typing import Any

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


SD3_ENDS = {
    "pos_embed.proj": "x_embedder.proj",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
}
SD3_BLOCK = {
    "attn.to_out.0": "x_block.attn.proj",
    "attn.to_add_out": "context_block.attn.proj",
    "norm1.linear": "x_block.adaLN_modulation.1",
    "norm1_context.linear": "context_block.adaLN_modulation.1",
    "ff.net.0.proj": "x_block.mlp.fc1",
    "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1",
    "ff_context.net.2": "context_block.mlp.fc2",
}
SD3_ATTENTION = {
    "x_block": ("to_q", "to_k", "to_v"),
    "context_block": ("add_q_proj", "add_k_proj", "add_v_proj"),
}


def save_checkpoint(pipe: Any, path: Path) -> Path:
    """Write a Stable Diffusion, SDXL or SD3 pipeline as one file in its original form."""
    from safetensors.torch import save_file  # noqa: PLC0415

    weights = sd3_weights(pipe) if hasattr(pipe, "transformer") else unet_weights(pipe)
    weights |= vae_weights(pipe.vae)
    save_file({name: value.contiguous().clone() for name, value in weights.items()}, path)
    return path


def sd3_weights(pipe: Any) -> dict[str, Any]:
    """The transformer of SD3 and its three readers."""
    weights = {
        f"model.diffusion_model.{name}": value
        for name, value in sd3_transformer(pipe.transformer).items()
    }
    for prefix, encoder in (("clip_l", pipe.text_encoder), ("clip_g", pipe.text_encoder_2)):
        for name, value in clip_weights(encoder).items():
            weights[f"text_encoders.{prefix}.transformer.{name}"] = value
    for name, value in pipe.text_encoder_3.state_dict().items():
        weights[f"text_encoders.t5xxl.transformer.{name}"] = value
    return weights


def sd3_transformer(transformer: Any) -> dict[str, Any]:
    import torch

    def swapped(value: Any) -> Any:
        """Scale and shift, which the original has the other way round in its last layers."""
        return torch.cat(list(reversed(value.chunk(2))))

    state = transformer.state_dict()
    weights = {"pos_embed": state.pop("pos_embed.pos_embed")}
    last = transformer.config.num_layers - 1
    for number in range(last + 1):
        block = f"transformer_blocks.{number}"
        for side, parts in SD3_ATTENTION.items():
            for kind in ("weight", "bias"):
                three = [state.pop(f"{block}.attn.{part}.{kind}") for part in parts]
                weights[f"joint_blocks.{number}.{side}.attn.qkv.{kind}"] = torch.cat(three)
    for name, value in state.items():
        stem, _, kind = name.rpartition(".")
        if found := re.match(r"transformer_blocks\.(\d+)\.(.*)", stem):
            number, part = int(found[1]), found[2]
            is_last = number == last and part == "norm1_context.linear"
            place = f"joint_blocks.{number}.{SD3_BLOCK[part]}.{kind}"
            weights[place] = swapped(value) if is_last else value
        else:
            ended = SD3_ENDS.get(stem, stem)
            weights[f"{ended}.{kind}"] = swapped(value) if stem == "norm_out.linear" else value
    return weights


def unet_weights(pipe: Any) -> dict[str, Any]:
    """The UNet of Stable Diffusion or SDXL and its one or two readers."""
    is_xl = hasattr(pipe, "text_encoder_2")
    weights = {
        f"model.diffusion_model.{unet_name(name, pipe.unet)}": value
        for name, value in pipe.unet.state_dict().items()
    }
    prefix = "conditioner.embedders.0" if is_xl else "cond_stage_model"
    for name, value in clip_weights(pipe.text_encoder).items():
        weights[f"{prefix}.transformer.{name}"] = value
    if is_xl:
        weights |= open_clip_weights(pipe.text_encoder_2, "conditioner.embedders.1.model.")
    return weights


def vae_weights(vae: Any) -> dict[str, Any]:
    weights = {}
    for name, value in vae.state_dict().items():
        attention = ".attentions.0." in name and value.dim() == 2
        place = f"first_stage_model.{vae_name(name, vae)}"
        weights[place] = value[:, :, None, None] if attention else value
    return weights


def unet_name(name: str, unet: Any) -> str:
    for new, old in UNET_ENDS.items():
        if name.startswith(f"{new}."):
            return name.replace(new, old, 1)
    depth = unet.config.layers_per_block + 1
    side, block, part, number, rest = re.match(
        r"(down|up|mid)_blocks?\.?(\d*)\.(\w+)\.(\d+)\.(.*)", name
    ).groups()
    number = int(number)
    if part == "resnets":
        rest = re.sub(r"^\w+", lambda found: RESNET[found.group()], rest)
    place = {"resnets": 0, "attentions": 1}.get(part)
    if side == "mid":
        return f"middle_block.{1 if part == 'attentions' else 2 * number}.{rest}"
    first = int(block) * depth
    if part == "downsamplers":
        return f"input_blocks.{first + depth}.0.op.{rest.removeprefix('conv.')}"
    if part == "upsamplers":
        attends = "CrossAttn" in unet.config.up_block_types[int(block)]
        return f"output_blocks.{first + depth - 1}.{2 if attends else 1}.{rest}"
    if side == "down":
        return f"input_blocks.{first + number + 1}.{place}.{rest}"
    return f"output_blocks.{first + number}.{place}.{rest}"


def vae_name(name: str, vae: Any) -> str:
    blocks = len(vae.config.block_out_channels)
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0." in name:
        name = name.replace("mid_block.attentions.0.", "mid.attn_1.")
        for new, old in VAE_ATTENTION.items():
            name = name.replace(f"attn_1.{new}.", f"attn_1.{old}.")
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    up = lambda number: blocks - 1 - int(number)  # noqa: E731
    name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{up(m[1])}.block.{m[2]}", name)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{up(m[1])}.upsample", name)


def clip_weights(encoder: Any) -> dict[str, Any]:
    """A CLIP text tower under the names that transformers gave it when these files were made."""
    return {
        name if name.startswith(("text_model.", "text_projection")) else f"text_model.{name}": value
        for name, value in encoder.state_dict().items()
    }


def open_clip_weights(encoder: Any, prefix: str) -> dict[str, Any]:
    """The second text tower of SDXL under open_clip's names."""
    import torch

    weights: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for full, value in clip_weights(encoder).items():
        name = full.removeprefix("text_model.")
        if found := re.match(r"encoder\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(\w+)", name):
            layer, which, kind = found.groups()
            parts.setdefault(f"transformer.resblocks.{layer}.attn.in_proj_{kind}", {})[which] = (
                value
            )
            continue
        name = re.sub(r"encoder\.layers\.(\d+)\.", r"transformer.resblocks.\1.", name)
        for new, old in {
            "self_attn.out_proj": "attn.out_proj",
            "layer_norm1": "ln_1",
            "layer_norm2": "ln_2",
            "mlp.fc1": "mlp.c_fc",
            "mlp.fc2": "mlp.c_proj",
            "embeddings.token_embedding": "token_embedding",
            "embeddings.position_embedding.weight": "positional_embedding",
            "final_layer_norm": "ln_final",
        }.items():
            name = name.replace(new, old)
        if name == "text_projection.weight":
            name, value = "text_projection", value.T
        weights[prefix + name] = value
    for name, by_letter in parts.items():
        weights[prefix + name] = torch.cat([by_letter[letter] for letter in "qkv"])
    return weights
