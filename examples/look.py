"""Reads the demo picture from Python: every face, its box and its three likeliest expressions."""

from pathlib import Path

from mien import look

for face in look(Path(__file__).parent / "astronaut.png"):
    print(f"face of {face.box.width:.0f} pixels at {face.box.x:.0f}, {face.box.y:.0f}")
    for expression, probability in face.reading.ranked()[:3]:
        print(f"  {expression:10} {probability:.1%}")
