"""Writes docs/scale.md from results/scale.json.

python benchmarks/scale_page.py
"""

from pathlib import Path

import results
from report import table

PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
MANY = 100_000_000
# The start-up, two new processes that open their networks, moves by so much from run to run.
NOISE_MS = 300


def main() -> None:
    """Writes the page."""
    told = results.read("scale")
    batch, ray = ({int(n): s for n, s in told[name].items()} for name in ("batch_seconds", "ray_seconds"))
    counts = sorted(batch)
    start, most = counts[0], counts[-1]
    cost = {n: 1000 * (batch[n] - batch[start]) / n for n in counts[1:]}
    ray_cost = 1000 * (ray[most] - ray[start]) / most
    small, large, near = told["stages_ms"], told["large_stages_ms"], told["large_faces_stages_ms"]
    stages = [[stage, f"{small[stage]:.2f}", f"{large[stage]:.1f}", f"{near[stage]:.1f}"] for stage in small]
    stages.append(["together", f"{sum(small.values()):.2f}", f"{sum(large.values()):.1f}", f"{sum(near.values()):.1f}"])
    told_cost = {n: f"{cost[n]:.2f}" if cost[n] * n > NOISE_MS else "less than the start-up's own noise" for n in cost}
    runs = [[f"{n:,}", f"{batch[n]:.1f}", told_cost[n]] for n in counts[1:]]
    hours = {
        name: MANY * milliseconds / 3.6e6
        for name, milliseconds in (("small", sum(small.values())), ("large", sum(near.values())))
    }
    PAGE.write_text(
        f"""<!-- Written by benchmarks/scale_page.py; change that, not this. -->
# As many pictures as there are

`mien batch SOURCE... --out DIR` plans the work once (`plan.jsonl`), cuts it into shards of 256 pictures, and does each shard in a
process of its own core: decode, find, read, write one Parquet file, whole or not at all. What is there is done; a run that was
killed does what is missing, and a worker that dies is replaced and its shard done again. A picture that kills its worker twice
becomes a row with an error. With `--ray ADDRESS` the same shards go to actors on a Ray cluster, which hold the networks; Ray Data
gives out the work, holds back, tries again, and grows and shrinks the number of actors. Both write the same rows.

```
pip install 'mien[cluster]'
mien batch photos/ --out faces/                                  # this machine
mien batch 's3://bucket/photos/*.parquet' --out /mnt/faces --ray auto   # the cluster that this machine belongs to
```

`--out` must be a folder that every machine sees. [examples/cluster.yaml](../examples/cluster.yaml) is a cluster file to start from.

## What a picture costs

On one thread of {told["machine"]}, in milliseconds: photos of 200 to 320 pixels, and of 12 megapixels (JPEG).

{table(["stage", "small", "12 megapixels", "12 megapixels, `--min-face 160`"], stages)}

Finding looks at a copy scaled by what faces are sought, at most 2,048 pixels long: `--min-face` decides what it costs. Decoding grows with
the pixels and nothing makes it cheaper. **For photos as cameras make them, decoding is the limit once `--min-face` is a sensible share of
the picture**; store them no larger than the faces need.

## Runs of {", ".join(f"{n:,}" for n in counts[1:])} small pictures

Two processes; start-up (two pictures: {batch[start]:.1f} s) taken off the cost.

{table(["pictures", "seconds", "ms a picture after start-up"], runs)}

A plain loop over `look()` on one thread takes {1000 * told["loop_seconds_a_picture"]:.2f} ms a picture: batch does
**{1000 * told["loop_seconds_a_picture"] / cost[most]:.1f} times as many** on two cores. Ray on the same two cores: {ray_cost:.2f} ms a picture after its
start-up of {ray[start]:.0f} s, {ray_cost / cost[most]:.2f} times batch.

## A hundred million

cost = start-up + pictures x (milliseconds of the stages) / cores. The shards share nothing but the folder, so nothing else grows:
the plan is read line by line, and a shard's memory is that of its largest picture. One core reads
{MANY:,} small pictures in {hours["small"]:,.0f} hours and as many of 12 megapixels (`--min-face 160`) in {hours["large"]:,.0f}; 256 cores take {hours["small"] / 256:.1f} and {hours["large"] / 256:,.0f} hours,
if the disks give them {256 * 1000 / sum(small.values()):,.0f} and {256 * 1000 / sum(near.values()):,.0f} pictures a second. That is an extrapolation from the runs above, not a measurement.
The plan then has {MANY // 256:,} lines and the folder as many files; raise `--shard` if the file system minds.

## Asking the result

Rows: `source`, `row` (of a Parquet file), `time`, `frame` and `track` (of a video), `face`, box, score, expression, confidence, the
eight probabilities, `error`. With [DuckDB](https://duckdb.org):

```sql
-- the share of smiles in each folder
select regexp_extract(source, '(.*)/', 1) as folder, avg((expression = 'happiness')::int) as smiles, count(*) as faces
from 'faces/part-*.parquet' where face is not null group by folder order by smiles desc;

-- the most surprised frame of each video
select source, arg_max(time, surprise) as second, max(surprise) as surprise
from 'faces/part-*.parquet' where frame is not null and face is not null group by source;

-- what could not be read
select source, error from 'faces/part-*.parquet' where error is not null;
```

## Training on several machines

`torchrun --standalone --nproc-per-node 2 -m -- mien.cli.main train expression --recipe mien --threads 1 --data ferplus/` shares each
batch between two processes (DistributedDataParallel: gloo on the CPU, nccl on GPUs). The first process validates and saves; a run goes
on with as many processes as it was begun with.
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
