import urllib.request

import orchest

# As on the platform: the service's name and port lead to the one of this run.
shelf = orchest.get_service("shelf")
address = f"http://{shelf['internal_hostname']}:{shelf['ports'][0]}"
for vegetable in orchest.get_pipeline_param("vegetables"):
    urllib.request.urlopen(urllib.request.Request(f"{address}/{vegetable}", data=b"fresh", method="PUT"))
    print("put", vegetable)
