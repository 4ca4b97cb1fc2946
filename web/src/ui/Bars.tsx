import type { Reading } from "../reading/types";
import { COLOURS } from "./colours";
import { useWords } from "./words";

/** A face's eight probabilities as bars, its expression and confidence above. */
export function Bars({ title, reading, labels }: { title: string; reading: Reading; labels: string[] }) {
  const { words, name } = useWords();
  const told = reading.expression ? name(reading.expression) : words.unsure;
  return (
    <section className="card" aria-label={title}>
      <h3>
        {title}: <strong data-testid="expression">{told}</strong> <small>{Math.round(100 * reading.confidence)} %</small>
      </h3>
      <ul className="bars">
        {labels.map((label, i) => {
          const share = reading.distribution[i] ?? 0;
          return (
            <li key={label} className={label === reading.expression ? "told" : ""}>
              <span className="name">{name(label)}</span>
              <svg className="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect className="track" width="100" height="6" rx="3" />
                <rect width={100 * share} height="6" rx="3" fill={COLOURS[label]} />
              </svg>
              <span className="share">{Math.round(100 * share)} %</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
