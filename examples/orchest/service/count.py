import urllib.request

import orchest

shelf = orchest.get_service("shelf")
names = urllib.request.urlopen(f"http://{shelf['internal_hostname']}:{shelf['ports'][0]}/").read().decode().split()
print(len(names), "on the shelf:", ", ".join(names))
