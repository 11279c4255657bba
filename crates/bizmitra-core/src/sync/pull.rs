//! The other half of a round: signing in, and the change feed page by page.

use super::engine::{Engine, PULL_EVERY_MS, signed};
use super::stop::Stop;
use crate::api::{Api, ApiError, DownloadError, Method, Refusal, Request, Response, Sink, Wanted};
use crate::enrolment::{Enrolment, Stage};
use crate::file::StoredFile;
use crate::ids::DeviceId;
use crate::keys::KeyPair;
use crate::store::{Key, StoreError};
use crate::vault::{Columns, Opened};
use crate::wire::{self, Session};

impl Engine {
    pub(super) async fn pull(
        &self,
        api: &dyn Api,
        enrolment: &Enrolment,
        device: DeviceId,
        opened: Option<&Opened>,
    ) -> Result<(), Stop> {
        let Some(opened) = opened else {
            return Ok(());
        };
        if matches!(enrolment.stage, Stage::Revoked { .. }) {
            return Ok(());
        }
        let now = self.parts.clock.now().elapsed_ms;
        let due = self
            .state()
            .pulled_at_ms
            .is_none_or(|at| now.saturating_sub(at) >= PULL_EVERY_MS);
        if !due {
            return Ok(());
        }
        let session = self
            .sign_in(api, enrolment, device, &opened.presence)
            .await?;
        match self
            .pull_pages(api, enrolment, device, (&session, &opened.columns))
            .await
        {
            Err(Stop::Api(ApiError::Refused {
                code: Refusal::Session,
                ..
            })) => {
                self.end_session();
                let session = self
                    .sign_in(api, enrolment, device, &opened.presence)
                    .await?;
                self.pull_pages(api, enrolment, device, (&session, &opened.columns))
                    .await?;
            }
            other => other?,
        }
        let mut state = self.state();
        state.pulled_at_ms = Some(self.parts.clock.now().elapsed_ms);
        state.pulling.open();
        Ok(())
    }

    /// The session of this process: challenge, signature by the presence key, token. A transport error here never logs out.
    async fn sign_in(
        &self,
        api: &dyn Api,
        enrolment: &Enrolment,
        device: DeviceId,
        presence: &KeyPair,
    ) -> Result<Session, Stop> {
        if let Some(session) = self.state().session.clone() {
            return Ok(session);
        }
        // Signed, so that a stranger at the same address cannot use up what this device may ask for.
        let challenge = api
            .send(signed(
                Method::Post,
                wire::path::LOGIN_CHALLENGE,
                Some(wire::encode_challenge(device)?),
                device,
            ))
            .await?;
        let nonce = wire::decode_challenge(&challenge.body)?;
        let body = wire::encode_login(enrolment, device, api.origin(), &nonce, presence)?;
        let before = self.parts.clock.now();
        let answer = api
            .send(signed(Method::Post, wire::path::LOGIN, Some(body), device))
            .await?;
        let after = self.parts.clock.now();
        let (session, anchor) = wire::decode_login(&answer.body, enrolment, device)?;
        self.note_anchor(anchor, &before, &after)?;
        self.state().session = Some(session.clone());
        Ok(session)
    }

    /// Reads something of the server with this process's session, signing in when there is none. For what is looked at and
    /// not kept.
    ///
    /// # Errors
    /// Of server or store; nothing else changes.
    pub async fn fetch(
        &self,
        api: &dyn Api,
        enrolment: &Enrolment,
        device: DeviceId,
        presence: &KeyPair,
        path: &str,
    ) -> Result<Response, Stop> {
        let session = self.sign_in(api, enrolment, device, presence).await?;
        let request = |session: &Session| Request {
            bearer: Some(session.token.to_string()),
            ..signed(Method::Get, path, None, device)
        };
        match api.send(request(&session)).await {
            Err(ApiError::Refused {
                code: Refusal::Session,
                ..
            }) => {
                self.end_session();
                let session = self.sign_in(api, enrolment, device, presence).await?;
                Ok(api.send(request(&session)).await?)
            }
            other => Ok(other?),
        }
    }

    /// Reads the encrypted bytes of a file from an offset, signing in when there is no session.
    ///
    /// # Errors
    /// Of server or sink. What came until then was given to the sink.
    pub async fn download(
        &self,
        api: &dyn Api,
        (enrolment, device, presence): (&Enrolment, DeviceId, &KeyPair),
        (file, from): (&StoredFile, u64),
        sink: Sink<'_>,
    ) -> Result<(), Stop> {
        let wanted = |session: &Session| Wanted {
            id: file.id,
            sha256: file.sha256,
            from,
            bearer: session.token.to_string(),
        };
        let session = self.sign_in(api, enrolment, device, presence).await?;
        match api
            .files()
            .download(device, wanted(&session), &mut *sink)
            .await
        {
            Err(DownloadError::Api(ApiError::Refused {
                code: Refusal::Session,
                ..
            })) => {
                self.end_session();
                let session = self.sign_in(api, enrolment, device, presence).await?;
                Ok(api.files().download(device, wanted(&session), sink).await?)
            }
            other => Ok(other?),
        }
    }

    async fn pull_pages(
        &self,
        api: &dyn Api,
        enrolment: &Enrolment,
        device: DeviceId,
        (session, columns): (&Session, &Columns),
    ) -> Result<(), Stop> {
        self.settle_reader()?;
        // A page is applied with its cursor in one commit, so stopping between pages loses nothing. The bound is a guard
        // against a server that says "more" for ever.
        for _ in 0..1_000 {
            let since = self.parts.store.feed_cursor()?.unwrap_or_default();
            let request = Request {
                query: (!since.is_empty()).then(|| wire::canonical_query(&since)),
                bearer: Some(session.token.to_string()),
                ..signed(Method::Get, wire::path::CHANGES, None, device)
            };
            let response = match api.send(request).await {
                Err(ApiError::Refused {
                    code: Refusal::CursorStale,
                    ..
                }) if !since.is_empty() => {
                    self.parts.store.reset_feed()?;
                    continue;
                }
                other => other?,
            };
            let (page, more, epoch) =
                wire::decode_changes(&response.body, enrolment, device, &since)?;
            self.note_epoch(epoch)?;
            self.parts.store.apply_feed(columns, &page)?;
            self.parts.store.put(
                Key::LastGood,
                self.parts.clock.now().wall_ms.to_string().as_bytes(),
            )?;
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// Another version of the app may read what the one before skipped: it reads the feed from the beginning.
    fn settle_reader(&self) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let reader = env!("CARGO_PKG_VERSION").as_bytes();
        if store.get(Key::FeedReader)?.as_deref() != Some(reader) {
            store.reset_feed()?;
            store.put(Key::FeedReader, reader)?;
        }
        Ok(())
    }
}
