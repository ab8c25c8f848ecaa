"""Image files, named by what is in them and free of everything but their pixels."""

from gemrec.images.files import ImageFiles, StoredFile, digest_of, encode_picture

__all__ = ["ImageFiles", "StoredFile", "digest_of", "encode_picture"]
