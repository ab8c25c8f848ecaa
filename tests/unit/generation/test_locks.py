import threading

import pytest

from gemrec.errors import GenerationCancelledError
from gemrec.generation.locks import KeyedLocks


def test_one_key_is_held_by_one_thread_at_a_time():
    locks, inside, most = KeyedLocks(), [0], [0]
    guard = threading.Lock()

    def work():
        for _ in range(20):
            with locks.hold("key", lambda: False):
                with guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with guard:
                    inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == [1]
    assert locks._entries == {}


def test_other_keys_are_free_and_a_wait_can_be_cancelled():
    locks = KeyedLocks()
    with locks.hold("one", lambda: False):
        with locks.hold("two", lambda: False):
            pass
        with pytest.raises(GenerationCancelledError):
            with locks.hold("one", lambda: True):
                pass
    with locks.hold("one", lambda: True):
        pass
