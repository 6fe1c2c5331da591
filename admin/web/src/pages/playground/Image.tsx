/** A picture through the relay: previews as they come, then the picture. */
import { useId, useState } from "react";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Choice, NumberField, Textarea, TextInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { curlOf } from "./curl";
import { Failed } from "./Failed";
import { bodyOf, MODELS, type Shown, shownOf, type Size, SIZES } from "./picture";
import { Timing } from "./Timing";
import { useRun } from "./useRun";

const PATH = "/v1/novelai/ai/generate-image-stream";
const NAMES = Object.keys(SIZES) as Size[];
const SEEDS = 2 ** 32;

export function Image() {
  const { t } = useI18n();
  const words = t.playground;
  const list = useId();
  const [model, setModel] = useState<string>(MODELS[0]);
  const [prompt, setPrompt] = useState("");
  const [undesired, setUndesired] = useState("");
  const [size, setSize] = useState<Size>("portrait");
  const [steps, setSteps] = useState("28");
  const [seed, setSeed] = useState("");
  const [shown, setShown] = useState<(Shown & { prompt: string; steps: number }) | null>(null);
  const { run, busy, start, stop } = useRun();
  const count = Math.min(50, Math.max(1, Number(steps) || 28));
  const wish = (own: number) => ({ prompt: prompt.trim(), undesired: undesired.trim(), model, size, steps: count, seed: own });
  const send = () => {
    if (busy || prompt.trim() === "") return;
    setShown(null);
    const own = seed === "" ? Math.floor(Math.random() * SEEDS) : Number(seed) % SEEDS;
    const asked = { prompt: prompt.trim(), steps: count };
    void start({
      path: PATH,
      body: bodyOf(wish(own)),
      heard: (event) => {
        const seen = shownOf(event);
        if (seen === null) return null;
        setShown({ ...seen, ...asked });
        return seen.step === null ? "end" : "part";
      },
    });
  };
  return (
    <div className="grid">
      <Card title={words.image}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <Textarea label={words.prompt} required autosize minRows={2} maxRows={8} value={prompt} onChange={(event) => { setPrompt(event.currentTarget.value); }} />
          <Textarea label={`${words.undesired} (${t.common.optional})`} autosize minRows={1} maxRows={4} value={undesired} onChange={(event) => { setUndesired(event.currentTarget.value); }} />
          <TextInput label={words.model} list={list} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} value={model} onChange={(event) => { setModel(event.currentTarget.value); }} />
          <datalist id={list}>
            {MODELS.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <Choice label={words.size} value={size} data={NAMES.map((each) => ({ value: each, label: words.sizes[each] }))} onChange={(event) => { setSize(NAMES.find((each) => each === event.currentTarget.value) ?? "portrait"); }} />
          <div className="field-group">
            <NumberField label={words.steps} value={steps} onChange={setSteps} />
            <NumberField label={words.seed} placeholder={words.seedHelp} value={seed} onChange={setSeed} />
          </div>
          <p className="meta">{words.stepsHelp}</p>
          <div className="row row-end">
            <CopyButton label={words.copyCurl} text={curlOf(PATH, bodyOf(wish(Number(seed) || 1)))} />
            <Button kind="primary" type="submit" busy={busy}>
              {words.paint}
            </Button>
          </div>
        </form>
      </Card>
      {run && (
        <Card>
          <Timing run={run} onStop={stop} />
          {run.trouble && <Failed of={run.trouble} />}
          {shown && (
            <figure className="stack-s">
              <img className="picture" src={shown.url} alt={words.picture(shown.prompt)} width={SIZES[size][0]} height={SIZES[size][1]} />
              <figcaption className="row spread">
                {shown.step === null ? (
                  <a className="button" data-size="small" href={shown.url} download="picture.png">
                    {words.download}
                  </a>
                ) : (
                  <span className="meta">{words.preview(shown.step, shown.steps)}</span>
                )}
              </figcaption>
            </figure>
          )}
        </Card>
      )}
    </div>
  );
}
