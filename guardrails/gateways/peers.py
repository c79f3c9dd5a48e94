"""The other side of every adapter, in the catalogue's order."""

from typing import Final

from guardrails.gateways.moderations.peer import ModerationsPeer
from guardrails.gateways.peer import Peer
from guardrails.gateways.portkey.peer import PortkeyPeer

PEERS: Final[tuple[Peer, ...]] = (PortkeyPeer(), ModerationsPeer())
