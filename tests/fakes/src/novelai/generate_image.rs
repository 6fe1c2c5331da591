//! `POST /ai/generate-image` and its streaming sibling.
//!
//! Invariant: the order of refusals is: token, body, model and shape, lock, Anlas. Nothing is charged before the
//! lock is held.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::{
    Holder, Mishap, NovelAi, Settings,
    admission::{self, Service},
    call::Call,
    delivery::{self, Shape},
    envelope::Envelope,
    errors::{self, Refused},
    event::{Encoding, Event},
    image_request::{ImageRequest, Order},
    lock::Held,
    mishap, picture,
    references::References,
    work,
};

/// An order that the account may have carried out, and has paid for.
struct Accepted {
    order: Order,
    holder: Holder,
    held: Option<Held>,
    settings: Settings,
    refused_with_the_work: bool,
}

pub(crate) async fn whole(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let shape = Shape::wanted(&call.headers);
    let Accepted {
        order,
        holder,
        held,
        settings,
        refused_with_the_work,
    } = accept(&fake, call).await?;
    let pace = fake.pace(settings.image_duration);
    let made = order.clone();
    let pictures = work::run(held, pace, move || {
        let pictures = make(&made, &settings)?;
        holder.count_images(pictures.len());
        Ok::<_, Refused>(pictures)
    })
    .await??;
    if refused_with_the_work {
        return refusal_and_archive(&order, &pictures);
    }
    delivery::deliver(shape, &pictures, order.format, order.seed)
}

pub(crate) async fn streamed(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let Accepted {
        order,
        holder,
        held,
        settings,
        ..
    } = accept(&fake, call).await?;
    let mishap = holder.next_mishap();
    let pictures = make(&order, &settings)?;
    let events = events(
        &order,
        &pictures,
        settings.max_intermediates,
        fake.next_generation(),
    );
    let events = befall(order.encoding, events, mishap.as_ref());
    let body = work::feed(held, fake.pace(settings.image_duration), events, move || {
        holder.count_images(pictures.len());
    });
    Ok(([(header::CONTENT_TYPE, order.encoding.content_type())], body).into_response())
}

async fn accept(fake: &NovelAi, call: Call) -> Result<Accepted, Refused> {
    let Call {
        holder,
        headers,
        body,
    } = call;
    let envelope = Envelope::read(&headers, body).await?;
    let request: ImageRequest = envelope.request()?;
    let references = References::find(&envelope, &request.parameters, &holder)?;
    let refused_with_the_work = request.is_refused_with_the_work();
    let order = request.order(&references)?;
    let settings = fake.settings();
    let held = admission::admit(&settings, &holder, Service::Image, |ledger| {
        if refused_with_the_work {
            return Ok(());
        }
        ledger.charge_job(&order.job).map(|_| ())
    })?;
    Ok(Accepted {
        order,
        holder,
        held,
        settings,
        refused_with_the_work,
    })
}

fn make(order: &Order, settings: &Settings) -> Result<Vec<Bytes>, Refused> {
    Ok(picture::samples(order, settings.image_filler).map_err(|_| errors::internal())?)
}

/// One model's oddity: the refusal, and straight behind it the archive that it refuses.
fn refusal_and_archive(order: &Order, pictures: &[Bytes]) -> Result<Response, Refused> {
    let (_, content_type, refusal) = errors::no_infill(order.model.name);
    let body = [refusal, delivery::zipped(pictures, order.format)?].concat();
    Ok((
        StatusCode::BAD_REQUEST,
        [(header::CONTENT_TYPE, content_type)],
        body,
    )
        .into_response())
}

/// A preview after each step but the last, of each sample in turn; then the pictures.
fn events(order: &Order, pictures: &[Bytes], most_previews: usize, generation: u64) -> Vec<Bytes> {
    let encoding = order.encoding;
    let previews = (order.steps_taken - 1).min(u32::try_from(most_previews).unwrap_or(u32::MAX));
    let previews = (0..previews)
        .flat_map(|step| (0..order.samples).map(move |sample| (step, sample)))
        .map(|(step, sample)| {
            let sigma = 14.6 * (1.0 - f64::from(step) / f64::from(order.steps_taken));
            encoding.encode(&Event::Intermediate {
                sample,
                step,
                generation,
                sigma,
                image: picture::PREVIEW,
            })
        });
    let finals = (0..).zip(pictures).map(|(sample, image)| {
        encoding.encode(&Event::Final {
            sample,
            generation,
            image,
        })
    });
    previews.chain(finals).collect()
}

fn befall(encoding: Encoding, events: Vec<Bytes>, mishap: Option<&Mishap>) -> Vec<Bytes> {
    mishap::befall(
        events,
        mishap,
        |code, message| encoding.encode(&Event::Error { code, message }),
        |message| encoding.encode(&Event::Retry { message }),
    )
}
