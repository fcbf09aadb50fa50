"""The folder `platform` is a source root and hides nothing."""

from __future__ import annotations

import platform

from django.conf import settings


def test_the_source_root_is_no_package_and_python_s_own_module_is_found():
    assert not (settings.ROOT / "platform" / "__init__.py").exists()
    assert platform.system()
