"""How many steps a sample may have: as many as the kernels take."""

from typing import Annotated

from pydantic import Field

Steps = Annotated[int, Field(ge=1, le=2**24, description="how many steps a sample is shown for")]
