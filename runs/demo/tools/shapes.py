"""Types that several tools' arguments share."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

OrderId = Annotated[int, Field(description="Order number, such as 1042", ge=1)]
TicketId = Annotated[int, Field(description="Ticket number, such as 311", ge=1)]
Email = Annotated[str, Field(max_length=254, json_schema_extra={"format": "email"})]
Amount = Annotated[Decimal, Field(description="USD", gt=0, le=100_000, decimal_places=2)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=20_000)]
SearchText = Annotated[str, Field(min_length=2, max_length=200)]
