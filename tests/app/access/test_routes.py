"""The token endpoint, over HTTP."""

from app.access.scopes import ClientKind
from tests.support.world import World


class TestIssueToken:
    def test_client_credentials(self, world: World) -> None:
        answer = world.new_token(ClientKind.BROKER)

        assert answer["token_type"] == "Bearer"
        assert answer["expires_in"] <= 600
        assert "bookings:write" in answer["scope"].split()
