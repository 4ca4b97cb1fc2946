/** The reader that the page uses: opened when the page is, exchanged when the user or a measurement says so. */

import { useEffect, useState } from "react";

import type { ClassifierContract } from "../reading/contract";
import type { Processor } from "../reading/engine";
import { faster, Reader } from "../reading/reader";

/** `auto` begins on the processor, whose runtime is the smaller one, and changes to the graphics card if that is faster. */
export type Choice = "auto" | Processor;

export interface Opened {
  reader: Reader;
  contract: ClassifierContract;
}

/** Of the first seconds, which belong to the camera and the first face. */
const CALM = 4000;

/** The reader for a network, undefined until it is open, and what went wrong. */
export function useOpened(network: string, choice: Choice): [Opened | undefined, string] {
  const [opened, setOpened] = useState<Opened>();
  const [error, setError] = useState("");

  useEffect(() => {
    let reader = new Reader(choice === "gpu" ? "gpu" : "cpu");
    let wanted = true;
    const open = async (): Promise<void> => {
      const contract = await reader.open(network);
      if (!wanted) return;
      setOpened({ reader, contract });
      if (choice !== "auto") return;
      await new Promise((resolve) => setTimeout(resolve, CALM));
      const other = wanted ? await faster(reader, network) : undefined;
      if (!wanted) other?.close();
      else if (other) {
        reader.close();
        reader = other;
        setOpened({ reader, contract });
      }
    };
    setOpened(undefined);
    setError("");
    open().catch((reason: unknown) => wanted && setError(reason instanceof Error ? reason.message : String(reason)));
    return () => {
      wanted = false;
      reader.close();
    };
  }, [network, choice]);

  return [opened, error];
}
