"""Pictures nearest to unsafe words are set aside, by encoders that know the words."""

import numpy as np

from gemrec.ranking import Evidence
from gemrec.ranking.gates import Objection, check
from gemrec.recommend.safety import SAFE_WORDS, UNSAFE_WORDS, SafetyWords
from tests.unit.recommend.helpers import CAT, Study


class Tower:
    """A text tower in which every text has an axis of its own."""

    def __init__(self) -> None:
        self.missing: set[str] = set()

    def text_vector(self, text: str, wait: bool = True) -> np.ndarray | None:
        every = (*UNSAFE_WORDS, *SAFE_WORDS)
        return (
            None
            if text in self.missing
            else np.eye(len(every), dtype=np.float32)[every.index(text)]
        )


def test_the_nearest_words_decide(tmp_path) -> None:
    tower = Tower()
    words = SafetyWords(tower, lambda words: True)
    unsafe, safe = words.vectors()
    study = Study(tmp_path, ["a"])
    fine, bare = (study.picture("a", CAT, seed) for seed in (1, 2))
    vectors = {
        fine.digest: 0.6 * unsafe[0] + 0.8 * safe[2],
        bare.digest: 0.8 * unsafe[3] + 0.6 * safe[0],
    }
    passed, aside = check([fine, bare], Evidence(vectors, {}, unsafe, safe))
    assert passed == [fine]
    assert [(a.image, a.objection) for a in aside] == [(bare, Objection.UNSAFE)]
    assert check([fine, bare], Evidence(vectors)) == ([fine, bare], [])
    study.store.close()


def test_without_all_the_words_there_is_no_gate() -> None:
    tower = Tower()
    assert SafetyWords(tower, lambda words: "corpse" not in words).vectors() is None
    tower.missing.add(SAFE_WORDS[1])
    assert SafetyWords(tower, lambda words: True).vectors() is None
