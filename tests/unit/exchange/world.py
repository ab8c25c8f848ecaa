"""A store with pictures: battles of every form, edits, undos, skips, remarks."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Picture

from gemrec.images import ImageFiles
from gemrec.records import (
    BattleForm,
    BattleMode,
    EventKind,
    Outcome,
    Prompt,
    ReasonTag,
    Remarks,
    Showing,
)
from gemrec.store import Store
from tests.conftest import Clock
from tests.unit.store.world import World

FORMULA = Prompt("=1+1", "maths")
FOX = Prompt("a fox, 'quoted'\nand more", "animal")


@dataclass
class Pictured:
    """A world whose battles show stored pictures."""

    store: Store
    files: ImageFiles
    clock: Clock

    def __post_init__(self) -> None:
        self.world = World(self.store, self.clock)
        self.store.annotators.create("Bea Private", self.clock(), "bea")

    def vote(self, outcome, who="ann", prompt=FOX, models=("ada", "bob"), **kinds):
        ranking, remarks = kinds.pop("ranking", None), kinds.pop("remarks", Remarks())
        battle = self.world.battle(models, prompt=prompt, annotator_id=who, **kinds)
        self.show(battle)
        ticket = self.world.ticket(battle)
        self.clock.advance(seconds=1)
        return self.store.votes.cast(
            ticket, outcome, self.clock(), ranking=ranking, remarks=remarks
        )

    def show(self, battle) -> None:
        for side, model in enumerate(battle.models):
            for position, seed in enumerate(battle.seeds):
                colour = (hash((model, battle.prompt, seed)) % 200, side * 50, position * 50)
                stored = self.files.put(Picture.new("RGB", (8, 8), colour))
                image = self.store.images.add(
                    digest=stored.digest,
                    model_id=model,
                    prompt=Prompt(battle.prompt, battle.category),
                    seed=seed,
                    parameters="p",
                    parameters_json='{"steps": 4}',
                    width=8,
                    height=8,
                    seconds=0.5,
                    now=self.clock(),
                )
                name = f"{battle.id}-{side}-{position}"
                self.store.battles.show([Showing(name, battle.id, image.id, side, position)])

    def fill(self) -> None:
        """One of everything."""
        remarks = Remarks((ReasonTag.LOOKS,), (1, 1), dwell_ms=1200, zooms=2)
        self.vote(Outcome.LEFT, remarks=remarks)
        edited = self.vote(Outcome.RIGHT, "bea", FORMULA)
        self.store.votes.append_change(edited.id, EventKind.EDIT, Outcome.BOTH_BAD, self.clock())
        undone = self.vote(Outcome.TIE, "bea", models=("cyd", "bob"))
        self.store.votes.append_change(undone.id, EventKind.UNDO, None, self.clock())
        self.vote(Outcome.SKIP, remarks=Remarks(skip_reason="@cannot tell"))
        self.vote(Outcome.RIGHT, "bea", mode=BattleMode.NAMED)
        self.vote(Outcome.BOTH_GOOD, "bea", models=("bob", "cyd"))
        self.vote(
            Outcome.RANKING,
            models=("ada", "bob", "cyd"),
            form=BattleForm.RANKING,
            ranking=((2,), (0, 1)),
        )


def pictured(folder: Path, clock: Clock) -> Pictured:
    return Pictured(Store(folder / "gemrec.db"), ImageFiles(folder / "images"), clock)
