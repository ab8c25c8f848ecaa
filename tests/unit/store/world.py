"""A few people, models and battles to vote on."""

from dataclasses import dataclass, field
from itertools import count

from gemrec.records import Battle, BattleForm, BattleMode, Model, ModelSource, Prompt
from gemrec.store import Store
from tests.conftest import Clock

MODELS = ("ada", "bob", "cyd")
FOX = Prompt("a fox", "animal")


def model(model_id: str) -> Model:
    return Model(model_id, model_id.title(), ModelSource("scripted", "plain"))


@dataclass
class World:
    """Opens battles with tickets in a store that knows three models and the annotator ``ann``."""

    store: Store
    clock: Clock
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.store.models.sync([model(m) for m in MODELS], self.clock())
        self.store.annotators.create("Ann", self.clock(), "ann")

    def battle(
        self,
        models: tuple[str, ...] = ("ada", "bob"),
        *,
        prompt: Prompt = FOX,
        annotator_id: str = "ann",
        mode: BattleMode = BattleMode.BLIND,
        form: BattleForm = BattleForm.PAIR,
    ) -> Battle:
        opened = Battle(
            id=f"battle{next(self.numbers)}",
            annotator_id=annotator_id,
            prompt=prompt.text,
            category=prompt.category,
            mode=mode,
            models=models,
            seeds=(7, 8),
            policy="uniform",
            propensity=0.5,
            opened_at=self.clock(),
            form=form,
        )
        self.store.battles.open(opened)
        return opened

    def ticket(self, battle: Battle | None = None, minutes: float = 5) -> str:
        """The id of a ticket on this battle, or on a new one."""
        battle = self.battle() if battle is None else battle
        ticket_id = f"ticket{next(self.numbers)}"
        issued, life = self.clock(), Clock()
        life.now = issued
        life.advance(minutes=minutes)
        self.store.tickets.issue(ticket_id, battle.id, battle.annotator_id, issued, life())
        return ticket_id


def snapshot(world: World) -> tuple[object, ...]:
    """Everything that a refused vote must leave as it was."""
    votes = world.store.votes
    return votes.after(0), votes.counts(), votes.last_id(), world.store.integrity()["open_battles"]
