"""The library's own recorder tests, run against our store as far as they apply.

`TEST_CASES` says of every one whether it does; a new one in a later version of the library has to
be judged before this passes again.
"""

from typing import Any
from unittest import TestCase

import pytest

from tests.support.library_tests import persistence as library_tests
from tests.support.recorder import StoreRecorder, StreamRecorder

pytestmark = pytest.mark.integration

TEST_CASES = {
    "AggregateRecorderTestCase": "applies",
    "ApplicationRecorderTestCase": "applies",
    "NonInterleavingNotificationIDsBaseCase": "applies",
    "RecorderTestCase": "the common base of the others",
    "TrackingRecorderTestCase": "what was handled is kept in our inbox, by message id",
    "ProcessRecorderTestCase": "as above: we have no tracking records",
    "InfrastructureFactoryTestCase": "nothing here is built from environment variables",
    "TranscoderTestCase": "our transcoder writes pydantic models only; see `kit.facts`",
}
"""Every test case the library offers for persistence, and whether it judges our store."""


class OurRecorder(TestCase):
    """Hands our recorder to the library's tests."""

    @pytest.fixture(autouse=True)
    def _take(self, recorder: StoreRecorder) -> None:
        self.recorder = recorder

    def create_recorder(self) -> Any:
        return self.recorder


class TestTheLibrarysApplicationRecorderTests(
    OurRecorder, library_tests.ApplicationRecorderTestCase
):
    """`insert_select`, `concurrent_no_conflicts`, `concurrent_throughput`, `performance`."""

    def test_insert_subscribe(self) -> None:
        """The library calls it optional: a recorder need not offer subscriptions."""
        self.optional_test_insert_subscribe()


class TestTheLibrarysAggregateRecorderTests(OurRecorder, library_tests.AggregateRecorderTestCase):
    """`insert_and_select`, `performance`."""

    def create_recorder(self) -> Any:
        return StreamRecorder(self.recorder)


class TestTheLibrarysInterleavingTest(
    OurRecorder, library_tests.NonInterleavingNotificationIDsBaseCase
):
    """Two large appends at once: the positions of one all come before those of the other."""


def test_every_test_case_of_the_library_was_judged() -> None:
    offered = {
        name
        for name, value in vars(library_tests).items()
        if isinstance(value, type) and issubclass(value, TestCase) and value is not TestCase
    }
    assert offered == set(TEST_CASES)
