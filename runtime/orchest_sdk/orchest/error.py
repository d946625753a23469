"""What can go wrong."""


class Error(Exception):
    """Any of these."""


class PipelineDefinitionNotFoundError(Error):
    """There is no pipeline file at $ORCHEST_PIPELINE_PATH."""


class StepUUIDResolveError(Error):
    """It is not known which step this process is."""


class SerializationError(Error):
    """Data that cannot be written."""


class DeserializationError(Error):
    """Data that cannot be read back."""


class OutputNotFoundError(Error):
    """A step before this one has put nothing out."""


class DiskOutputNotFoundError(OutputNotFoundError):
    """The same, of data on disk, which all data is."""


class InputNameCollisionError(Error):
    """Two steps before this one gave their data the same name."""


class DataInvalidNameError(Error):
    """A name that data cannot have."""


class InvalidMetaDataError(Error):
    """A HEAD file that says nothing we understand."""


class OrchestNetworkError(Error):
    """Kept so that code which catches it still loads; nothing here uses the network."""


class ServiceNotFound(Error):
    """The pipeline has no service of this name."""


class SessionNotFound(Error):
    """Kept so that code which catches it still loads: the services of a job are those of its pipeline file."""


class UnrecognizedSessionType(Error):
    """$ORCHEST_SESSION_TYPE is not noninteractive."""
