"""The names a notebook has without importing anything."""
from dbutils import dbutils
from switchyard_task.display import display, display_html as displayHTML

getArgument = dbutils.widgets.getArgument

__all__ = ["dbutils", "display", "displayHTML", "getArgument"]
