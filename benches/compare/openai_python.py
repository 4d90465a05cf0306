"""The batch of the bench `calls/batch` by openai-python: COUNT prompts to BASE_URL, FLIGHT at once; prints one JSON object.

Needs `pip install openai`. Arguments: BASE_URL COUNT FLIGHT.
"""
import asyncio
import json
import resource
import sys
import time

from openai import AsyncOpenAI, __version__

BASE_URL, COUNT, FLIGHT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


async def ask(client, places, number):
    async with places:
        stream = await client.chat.completions.create(
            model="bench", stream=True, stream_options={"include_usage": True},
            messages=[{"role": "user", "content": f"leaf {number}"}],
        )
        return "".join([e.choices[0].delta.content or "" async for e in stream if e.choices])


async def main():
    places = asyncio.Semaphore(FLIGHT)
    async with AsyncOpenAI(base_url=BASE_URL, api_key="none") as client:
        return await asyncio.gather(*[ask(client, places, number) for number in range(COUNT)])


begun = time.perf_counter()
answers = asyncio.run(main())
seconds = time.perf_counter() - begun
assert len(answers) == COUNT and all(answers)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "version": __version__, "seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024,
}))
