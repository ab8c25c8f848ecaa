"""The pocket models: a small family of real diffusion models, and the picture world they know.

The world (`world`, `styles`, `captions`) draws emoji glyphs on coloured backgrounds; the recipe
(`vae`, `clip`, `flow`, `adapters`, run by ``python -m gemrec.pocket``) trains the family from it;
`vocabulary` tells a person which words the family does not know. Only the recipe draws pictures:
nothing here is needed to generate with the weights in ``assets/``, except `vocabulary`.
"""
