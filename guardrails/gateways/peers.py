"""The other side of every adapter, in the catalogue's order."""

from typing import Final

from guardrails.gateways.agentgateway.peer import AgentgatewayPeer
from guardrails.gateways.aperture.peer import AperturePeer
from guardrails.gateways.ext_authz.peer import ExtAuthzPeer
from guardrails.gateways.kong.peer import KongPeer
from guardrails.gateways.litellm.peer import LiteLLMPeer
from guardrails.gateways.moderations.peer import ModerationsPeer
from guardrails.gateways.peer import Peer
from guardrails.gateways.portkey.peer import PortkeyPeer
from guardrails.gateways.truefoundry.peer import TrueFoundryPeer

PEERS: Final[tuple[Peer, ...]] = (
    TrueFoundryPeer(),
    LiteLLMPeer(),
    PortkeyPeer(),
    AgentgatewayPeer(),
    KongPeer(),
    AperturePeer(),
    ExtAuthzPeer(),
    ModerationsPeer(),
)
