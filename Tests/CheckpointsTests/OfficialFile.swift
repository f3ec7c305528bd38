import Foundation

/// The official package's file; `Fixtures/make_official.py` made it.
let officialPath = Bundle.module.resourcePath! + "/Fixtures/official.safetensors"
