"""The service with the policies that gateways are tried under."""

import pytest
from gateway_calls import PATIENT, policies
from running import Service


@pytest.fixture
async def gateway_service(start_service) -> Service:
    return await start_service(policies=policies(), settings={"gateways": PATIENT})
