import { useEffect, useState } from "react";

import { useWords } from "./words";

interface Card {
  name: string;
  kind: string;
  used: boolean;
  contract: { parameters: number; licence: string; accuracies?: { protocol: string; accuracy: number; low: number; high: number; n: number }[]; figures?: Record<string, number> };
}

/** What is shipped and how good it is, as the service tells. */
export function Models() {
  const { words } = useWords();
  const [cards, setCards] = useState<Card[]>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    fetch(new URL("v1/models", document.baseURI))
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
      .then(setCards, () => setFailed(true));
  }, []);
  if (failed) return <p role="alert">{words.noCards}</p>;
  return (
    <div className="models">
      <p>{words.honest}</p>
      {cards?.map((card) => (
        <section className="card" key={card.name}>
          <h3>{card.name}</h3>
          <p className="quiet">
            {card.contract.parameters.toLocaleString()} {words.parameters}, {card.contract.licence}
          </p>
          <ul>
            {card.contract.accuracies?.map(({ protocol, accuracy, low, high, n }) => (
              <li key={protocol}>
                {protocol}: <strong>{(100 * accuracy).toFixed(1)} %</strong> ({(100 * low).toFixed(1)} – {(100 * high).toFixed(1)}, n ={" "}
                {n.toLocaleString()})
              </li>
            ))}
            {Object.entries(card.contract.figures ?? {}).map(([what, value]) => (
              <li key={what}>
                {what}: <strong>{value.toFixed(3)}</strong>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
