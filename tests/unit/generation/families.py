"""Tiny pipelines with random weights, one per family that the catalog offers, a second to build."""

from pathlib import Path

from gemrec.records import GenerationParameters, Model, ModelSource
from tests.unit.generation.tiny import tiny_tokenizer

SIZE = 32
FAMILIES = ("sd15", "sdxl", "sd3", "flux", "pixart")
PARAMETERS = GenerationParameters(steps=2, guidance_scale=3.0, width=SIZE, height=SIZE)


def save_families(folder: Path) -> Path:
    """Save every family under its name."""
    builders = {
        "sd15": stable_diffusion,
        "sdxl": stable_diffusion_xl,
        "sd3": stable_diffusion_3,
        "flux": flux,
        "pixart": pixart,
    }
    import torch

    for name, build in builders.items():
        torch.manual_seed(0)
        build(folder / "words").save_pretrained(folder / name)
    return folder


def family_model(folder: Path, name: str) -> Model:
    return Model(name, name, ModelSource("local", str(folder / name)), parameters=PARAMETERS)


def clip_config(tokenizer, width: int = 16, **more):
    from transformers import CLIPTextConfig  # noqa: PLC0415

    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
        projection_dim=width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )


def t5(width: int = 16):
    """A T5 encoder with a tokenizer whose pieces are letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel  # noqa: PLC0415

    pieces = ["<pad>", "</s>", "<unk>", *(f"\u2581{c}" for c in "abcdefghijklmnopqrstuvwxyz")]
    tokens = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=2))
    tokens.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        model_max_length=16,
        pad_token=pieces[0],
        eos_token=pieces[1],
        unk_token=pieces[2],
    )
    config = T5Config(
        vocab_size=len(pieces), d_model=width, d_kv=8, d_ff=32, num_layers=1, num_heads=2
    )
    return T5EncoderModel(config), tokenizer


def autoencoder(channels: int = 4, **more):
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=SIZE,
        **more,
    )


def stable_diffusion(words: Path):
    from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel  # noqa: PLC0415

    tokenizer = tiny_tokenizer(words)
    return StableDiffusionPipeline(
        vae=autoencoder(),
        text_encoder=CLIPTextModel(clip_config(tokenizer)),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel(
            sample_size=SIZE // 2,
            block_out_channels=(8, 16),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=2,
            norm_num_groups=4,
        ),
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl(words: Path):
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection  # noqa: PLC0415

    tokenizer = tiny_tokenizer(words)
    return StableDiffusionXLPipeline(
        vae=autoencoder(),
        text_encoder=CLIPTextModel(clip_config(tokenizer)),
        # Single files tell the two encoders apart by their width.
        text_encoder_2=CLIPTextModelWithProjection(clip_config(tokenizer, 32)),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=UNet2DConditionModel(
            sample_size=SIZE // 2,
            block_out_channels=(8, 16),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=48,
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            transformer_layers_per_block=(1, 2),
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + 32,
            norm_num_groups=4,
        ),
        scheduler=EulerDiscreteScheduler(),
    )


def stable_diffusion_3(words: Path):
    import torch
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3Transformer2DModel,
        StableDiffusion3Pipeline,
    )
    from transformers import CLIPTextModelWithProjection  # noqa: PLC0415

    tokenizer = tiny_tokenizer(words)
    encoder_3, tokenizer_3 = t5(40)  # as wide as both CLIP encoders together
    encoder = CLIPTextModelWithProjection(clip_config(tokenizer))
    # Single files have no projection of the first encoder: it is taken for none at all.
    encoder.text_projection.weight.data = torch.eye(16)
    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=SIZE // 2,
            patch_size=1,
            in_channels=16,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            caption_projection_dim=16,
            joint_attention_dim=40,
            pooled_projection_dim=40,
            out_channels=16,
            pos_embed_max_size=SIZE // 2,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06),
        text_encoder=encoder,
        tokenizer=tokenizer,
        # Single files tell the two encoders apart by their width.
        text_encoder_2=CLIPTextModelWithProjection(clip_config(tokenizer, 24)),
        tokenizer_2=tokenizer,
        text_encoder_3=encoder_3,
        tokenizer_3=tokenizer_3,
    )


def flux(words: Path):
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import CLIPTextModel  # noqa: PLC0415

    tokenizer = tiny_tokenizer(words)
    encoder_2, tokenizer_2 = t5()
    return FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            pooled_projection_dim=16,
            axes_dims_rope=(4, 4, 8),
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(4, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1),
        text_encoder=CLIPTextModel(clip_config(tokenizer)),
        tokenizer=tokenizer,
        text_encoder_2=encoder_2,
        tokenizer_2=tokenizer_2,
    )


def pixart(words: Path):
    from diffusers import (
        DPMSolverMultistepScheduler,
        PixArtSigmaPipeline,
        PixArtTransformer2DModel,
    )

    encoder, tokenizer = t5()
    return PixArtSigmaPipeline(
        transformer=PixArtTransformer2DModel(
            sample_size=SIZE // 2,
            num_layers=1,
            patch_size=2,
            attention_head_dim=8,
            num_attention_heads=2,
            caption_channels=16,
            in_channels=4,
            cross_attention_dim=16,
            out_channels=8,
            norm_type="ada_norm_single",
            use_additional_conditions=False,
        ),
        scheduler=DPMSolverMultistepScheduler(),
        vae=autoencoder(),
        text_encoder=encoder,
        tokenizer=tokenizer,
    )
