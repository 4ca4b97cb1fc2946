/** The reader that the page uses: opened when the page is, on the processor or the graphics card. */

import { useEffect, useState } from "react";

import type { ClassifierContract } from "../reading/contract";
import type { Processor } from "../reading/engine";
import { Reader } from "../reading/reader";

/** `auto` begins on the processor, whose runtime is the smaller one, and changes to the graphics card if that is faster. */
export type Choice = "auto" | Processor;

export interface Opened {
  reader: Reader;
  contract: ClassifierContract;
  processor: Processor;
}

/** Of the first seconds, which belong to the camera and the first face. */
const CALM = 4000;

/** The reader for a network, undefined until it is open, and what went wrong. `minFace`: of the faces that it is to find fast. */
export function useOpened(network: string, choice: Choice, minFace: number): [Opened | undefined, string] {
  const [opened, setOpened] = useState<Opened>();
  const [error, setError] = useState("");

  useEffect(() => {
    const reader = new Reader(network, choice === "gpu" ? "gpu" : "cpu");
    let wanted = true;
    const open = async (): Promise<void> => {
      const contract = await reader.open();
      if (!wanted) return;
      setOpened({ reader, contract, processor: reader.processor });
      if (choice !== "auto") return;
      await new Promise((resolve) => setTimeout(resolve, CALM));
      if (wanted) await reader.hasten(minFace);
      if (wanted) setOpened({ reader, contract, processor: reader.processor });
    };
    setOpened(undefined);
    setError("");
    open().catch((reason: unknown) => wanted && setError(reason instanceof Error ? reason.message : String(reason)));
    return () => {
      wanted = false;
      reader.close();
    };
  }, [network, choice, minFace]);

  return [opened, error];
}
