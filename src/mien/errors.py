"""The only exceptions a user of mien sees; each message says what was expected, what came, and what to do."""


class MienError(Exception):
    """Anything that mien refuses to do, with a message written for the person who asked."""


class PictureError(MienError):
    """A picture that cannot be read or written."""


class ModelError(MienError):
    """A model file that is missing, damaged, or whose contract does not fit its use."""


class DatasetError(MienError):
    """A data set whose files or labels are not laid out as its description says."""


class ConfigError(MienError):
    """A setting, option or extra that is wrong or not installed."""
