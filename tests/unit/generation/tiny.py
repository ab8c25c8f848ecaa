"""A real Stable Diffusion pipeline with random weights, small enough for any test."""

import json
from pathlib import Path

from gemrec.records import GenerationParameters, Model, ModelSource

WORDS = ("a", "cat", "face", "rocket", "on", "blue", "pink", "background", "and", "watercolor")
SIZE = 64


def save_tiny_pipeline(folder: Path) -> None:
    import torch
    from diffusers import (
        AutoencoderTiny,
        DPMSolverMultistepScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel  # noqa: PLC0415

    torch.manual_seed(0)
    tokenizer = tiny_tokenizer(folder.parent / "words")
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    unet = UNet2DConditionModel(
        sample_size=SIZE // 8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=4,
        norm_num_groups=4,
    )
    vae = AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    )
    with torch.no_grad():  # random weights alone decode to black
        vae.decoder.layers[-1].weight.mul_(6)
        vae.decoder.layers[-1].bias.fill_(0.5)
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def tiny_tokenizer(folder: Path):
    """A CLIP tokenizer whose words are whole words: every merge is spelled out."""
    from transformers import CLIPTokenizer  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["<|startoftext|>", "<|endoftext|>"]
    merges = []
    for letter in "abcdefghijklmnopqrstuvwxyz":
        vocabulary += [letter, f"{letter}</w>"]
    for word in WORDS:
        left = word[0] if len(word) > 1 else f"{word}</w>"
        for position, letter in enumerate(word[1:], 2):
            right = letter + ("</w>" if position == len(word) else "")
            if (pair := f"{left} {right}") not in merges:
                merges.append(pair)
                vocabulary.append(left + right)
            left += right
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]))
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16
    )


def save_tiny_lora(folder: Path, pipeline: Path, seed: int) -> None:
    import torch
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig  # noqa: PLC0415
    from peft.utils import get_peft_model_state_dict  # noqa: PLC0415

    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(pipeline, subfolder="unet")
    unet.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    layers = {name: torch.randn_like(weights) for name, weights in layers.items()}
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers)


PARAMETERS = GenerationParameters(steps=4, guidance_scale=3.0, width=SIZE, height=SIZE)


def base_model(folder: Path, **fields) -> Model:
    source = ModelSource("local", str(folder / "base"))
    return Model("base", "Tiny", source, parameters=fields.get("parameters", PARAMETERS))


def lora_model(folder: Path, name: str, weight: float = 1.0) -> Model:
    source = ModelSource("lora", str(folder / name), base="base", weight=weight)
    return Model(name, f"Tiny {name}", source, parameters=PARAMETERS)


def save_tiny_models(folder: Path) -> Path:
    save_tiny_pipeline(folder / "base")
    for seed, name in enumerate(("one", "two"), 1):
        save_tiny_lora(folder / name, folder / "base", seed)
    return folder


def save_tiny_checker(folder: Path, threshold: float) -> None:
    """A safety checker with random weights, all of whose concepts have this threshold."""
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import (
        StableDiffusionSafetyChecker,
    )
    from transformers import CLIPConfig, CLIPImageProcessor  # noqa: PLC0415

    torch.manual_seed(5)
    vision = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
    }
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=8))
    for name, embeds in checker.named_parameters():
        if name.endswith("care_embeds") or name == "concept_embeds":
            torch.nn.init.normal_(embeds)
        elif name.endswith("embeds_weights"):
            torch.nn.init.constant_(embeds, threshold)
    checker.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)


def save_checked_pipeline(folder: Path, pipeline: Path, checker: Path) -> None:
    """A copy of a pipeline that brings the checker along."""
    from diffusers import StableDiffusionPipeline
    from diffusers.pipelines.stable_diffusion.safety_checker import (
        StableDiffusionSafetyChecker,
    )
    from transformers import CLIPImageProcessor  # noqa: PLC0415

    StableDiffusionPipeline.from_pretrained(
        pipeline,
        safety_checker=StableDiffusionSafetyChecker.from_pretrained(checker),
        feature_extractor=CLIPImageProcessor.from_pretrained(checker),
    ).save_pretrained(folder)
