"""Vectors of images and texts."""

from gemrec.embedding.encoder import Encoder, EncoderOptions
from gemrec.embedding.host import EncoderWorker
from gemrec.embedding.service import EmbeddingService

__all__ = ["EmbeddingService", "Encoder", "EncoderOptions", "EncoderWorker"]
