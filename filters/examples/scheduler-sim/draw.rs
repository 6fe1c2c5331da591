//! Numbers drawn by chance, the same again for the same seed (splitmix64).

/// A source of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }

    /// In `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// In `0..below`.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        ((self.unit() * below as f64) as usize).min(below.saturating_sub(1))
    }

    /// The time between two events of which `rate` happen in a unit of time, each independent of the others.
    pub(crate) fn pause(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }

    /// From the normal distribution around 0 with variance 1.
    fn normal(&mut self) -> f64 {
        let length = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        length * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// How long a generation takes, in milliseconds: log-normal around a median of 6.8 s, never under 4 s
    /// nor over 60 s. Round trips of 7.5 s are typical, most images take 5 to 10 s.
    pub(crate) fn generation_ms(&mut self) -> u64 {
        ((6.8 * (0.42 * self.normal()).exp()).clamp(4.0, 60.0) * 1_000.0) as u64
    }
}

/// How long a generation takes on average, in seconds.
pub(crate) fn mean_generation() -> f64 {
    let (mut draw, samples) = (Draw::new(1), 200_000);
    (0..samples).map(|_| draw.generation_ms() as f64).sum::<f64>() / (1_000.0 * f64::from(samples))
}
